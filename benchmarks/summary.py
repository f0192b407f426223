"""What holds and what falls short, target by target, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.section import Section, Target, figure

_COLOURS = {"holds": "green", "not measured": "dim"}


def show(console: Console, sections: Sequence[Section]) -> None:
    table = Table(title="taskmill: targets", title_justify="left")
    for column in ("part", "target"):
        table.add_column(column)
    for column in ("measured", "bound"):
        table.add_column(column, justify="right")
    table.add_column("")
    for section in sections:
        for target in section.targets:
            table.add_row(section.name, target.name, *_cells(target))
    console.print(table)


def _cells(target: Target) -> list[str]:
    colour = _COLOURS.get(target.verdict, "red" if target.deterministic else "yellow")
    floor = f" (floor {figure(target.floor)})" if target.floor and not target.holds else ""
    return [
        figure(target.value),
        f"{'≥' if target.at_least else '≤'} {figure(target.bound)}",
        f"[{colour}]{target.verdict}{floor}[/]",
    ]
