"""Output of commands: results to stdout, messages to stderr, colours only in a terminal.

Everything that commands print goes through here, and so through `model/shown_text.py`: texts that
others have stored can neither drive a terminal nor add lines to a file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskmill.model.shown_text import one_line, safe_json

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console

STYLES: Mapping[str, str] = {
    "COMPLETED": "green",
    "FAILED": "bold red",
    "ERRORED": "red",
    "CANCELLED": "yellow",
    "STARTED": "cyan",
    "PROCESSING": "cyan",
}


@dataclass(frozen=True)
class Output:
    """Prints the output of a command.

    Args:
        as_json: The command prints one JSON document to stdout in place of text.
    """

    as_json: bool = False

    @cached_property
    def out(self) -> Console:
        return _console(stderr=False)

    @cached_property
    def err(self) -> Console:
        return _console(stderr=True)

    def note(self, text: str) -> None:
        """Print one line to stderr: a hint, a step, an error."""
        self.err.print(one_line(text))

    def notes(self, text: str) -> None:
        """Print the lines of a text of our own to stderr, such as the end of a log."""
        for line in text.split("\n"):
            self.note(line)

    def line(self, text: str, style: str | None = None, *, fit: bool = False) -> None:
        """Print one line to stdout, without wrapping it.

        Args:
            fit: Cut it where the terminal ends; elsewhere than in a terminal it stays whole.
        """
        shown = _encodable(one_line(text))
        if fit and self.on_screen:
            from taskmill.cli.tables import cut

            shown = cut(shown, self.out.width)
        self.out.print(shown, style=style)

    def json(self, value: Any) -> None:
        """Print an indented JSON document to stdout."""
        sys.stdout.write(_json(value, indent=2) + "\n")

    def json_line(self, value: Any) -> None:
        """Print a JSON document to stdout, in one line."""
        sys.stdout.write(_json(value) + "\n")

    def json_lines(self, values: Iterable[Any], file: Path | None = None) -> None:
        """Print JSON Lines to stdout, each as soon as it is there, or write them to a file."""
        if file is None:
            for value in values:
                self.json_line(value)
            return
        with file.open("w", encoding="utf-8") as lines:
            for value in values:
                lines.write(json.dumps(value, ensure_ascii=False) + "\n")

    def model(self, model: BaseModel) -> None:
        """Print a model to stdout, as the JSON of the API."""
        self.json(wire(model))

    def json_array(self, models: Iterable[BaseModel]) -> None:
        """Print a JSON array of models to stdout, one per line, each as soon as it is there."""
        separator = "[\n"
        for model in models:
            sys.stdout.write(separator + _json(wire(model)))
            separator = ",\n"
        sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")

    @property
    def on_screen(self) -> bool:
        """Whether stdout is a terminal, so that a person reads it."""
        return self.out.is_terminal

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, wide: bool = False
    ) -> None:
        """Print a table in a terminal; elsewhere one line per row, with tabs between columns.

        Args:
            wide: Cut nothing, whatever the width of the terminal.
        """
        if not self.on_screen:
            for row in rows:
                sys.stdout.write(_encodable("\t".join(map(one_line, row))) + "\n")
            return
        from rich.text import Text

        from taskmill.cli.tables import GAP, fitted

        shown = [[_encodable(one_line(cell)) for cell in row] for row in rows]
        if not shown:
            return
        header, *lines = fitted([columns, *shown], None if wide else self.out.width)
        self.out.print(Text((" " * GAP).join(header).rstrip(), "bold"))
        for line in lines:
            cells = (Text(cell, STYLES.get(cell.strip(), "")) for cell in line)
            self.out.print(Text(" " * GAP).join(cells))


def wire(model: BaseModel) -> Any:
    """A model as the JSON of the API, without absent fields."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def _json(value: Any, *, indent: int | None = None) -> str:
    return safe_json(json.dumps(value, ensure_ascii=not _is_unicode(), indent=indent))


def _is_unicode() -> bool:
    """Whether stdout takes every character; a pipe may have the encoding of an old locale."""
    return (sys.stdout.encoding or "utf-8").lower().startswith("utf")


def _encodable(text: str) -> str:
    """`text` with escapes for what the encoding of stdout does not have."""
    if _is_unicode():
        return text
    return text.encode(sys.stdout.encoding, errors="backslashreplace").decode(sys.stdout.encoding)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    # No markup, no highlighting: texts of users are printed unchanged.
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True)
