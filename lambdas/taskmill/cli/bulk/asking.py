"""Asks before many tasks are changed: the more of them, the harder it is to say yes by accident."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from taskmill.cli.call import Call
from taskmill.model.errors import TaskmillError

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient

FEW = 100  # tasks: up to so many, "y" is enough


def ask(call: Call, client: TaskClient, action: str, count: int) -> None:
    """Ask whether to act on so many tasks.

    Raises:
        typer.Abort: The answer is not yes, or nobody is there to give one.
    """
    if not sys.stdin.isatty():
        call.output.note("where nobody can answer, give --yes")
    if count <= FEW:
        typer.confirm(f"{action} {_tasks(count)} of tenant {client.tenant}?", abort=True, err=True)
    else:
        told = f"this will {action} {_tasks(count)} of tenant {client.tenant}; type the number"
        _expect(told, str(count))


def ask_in_production(call: Call, client: TaskClient, *, given: str | None) -> None:
    """Ask for the name of the environment if it is production, also after ``--yes``.

    Args:
        given: What ``--environment`` says; if it is the name, nothing is asked.

    Raises:
        typer.BadParameter: It is another one.
        typer.Abort: The answer is another one, or nobody is there to give one.
    """
    name = production(call, client)
    if given is not None and name is not None and given != name:
        raise typer.BadParameter(f"this is {name}, not {given}", param_hint="--environment")
    if name is not None and given is None:
        if not sys.stdin.isatty():
            call.output.note(f"where nobody can answer, give --environment {name}")
        _expect(f"this is production; type its name, {name}", name)


def production(call: Call, client: TaskClient) -> str | None:
    """The name of the profile or environment, if it begins with "prod"; None: it does not."""
    names = [call.using]
    if not _is_prod(call.using):
        try:
            names.append(client.whoami().stack.environment)
        except TaskmillError:  # an API of before, or a caller who may not ask
            return None
    return next((name for name in names if _is_prod(name)), None)


def _is_prod(name: str | None) -> bool:
    return bool(name) and str(name).lower().startswith("prod")


def _expect(told: str, wanted: str) -> None:
    answer = typer.prompt(told, default="", show_default=False, err=True)
    if answer.strip().replace(",", "") != wanted:
        raise typer.Abort


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"
