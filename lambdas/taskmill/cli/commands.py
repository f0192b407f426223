"""The Typer group of all commands: moves global options to the front, and prints errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import typer
from typer.core import TyperGroup

from taskmill.cli.exits import Exit, exit_of
from taskmill.cli.output import Output
from taskmill.model.errors import TaskmillError
from taskmill.model.shown_text import one_line

FLAGS = frozenset({"--json"})
_UsageError: Any = typer.BadParameter.__base__  # of click, of which newer Typers have a copy
SETTINGS = frozenset({"--url", "--tenant", "--region", "--profile", "--stack"})


class Commands(TyperGroup):
    """The root command. An error becomes one line on stderr and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with _shown_in_one_line():
            return super().parse_args(ctx, hoisted(args))

    def invoke(self, ctx: Any) -> Any:
        try:
            with _shown_in_one_line():
                return super().invoke(ctx)
        except TaskmillError as error:
            Output().note(f"taskmill: {error.message}")
            if using := getattr(ctx.obj, "using", None):
                Output().note(f"profile in use: {using} (taskmill use lists them)")
            raise typer.Exit(exit_of(error)) from None
        except KeyboardInterrupt:
            Output().note("taskmill: interrupted")
            raise typer.Exit(Exit.INTERRUPTED) from None


@contextmanager
def _shown_in_one_line() -> Iterator[None]:
    """Escape what an error of usage repeats of the arguments; Typer prints it."""
    try:
        yield
    except _UsageError as error:
        error.message = one_line(error.message)
        raise


def hoisted(words: Sequence[str]) -> list[str]:
    """The arguments with global options moved to the front, where click expects them."""
    front: list[str] = []
    rest: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            return [*front, *rest, word, *remaining]
        if option := list(_global_option(word, remaining)):
            front += option
        else:
            rest.append(word)
    return [*front, *rest]


def _global_option(word: str, following: Iterator[str]) -> Iterator[str]:
    """The global option `word` with its value; nothing if it is not one."""
    name, equals, _ = word.partition("=")
    if word in FLAGS or (name in SETTINGS and equals):
        yield word
    elif word in SETTINGS:
        yield word
        yield from islice(following, 1)
