"""Sections as Markdown, each between marks of its own in one document."""

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tabulate import tabulate

from benchmarks.section import Section, Table, Target, figure, number, prose

HEAD = """# Performance

Made by `make bench` from what it measured; do not edit between the marks. How to repeat it, and on
which machine this was made, stands at the end.
"""
PACKAGES = ("boto3", "aws-lambda-powertools", "pydantic")


def write(document: Path, sections: Sequence[Section], *, order: Sequence[str] = ()) -> None:
    """Put sections in place of those of the same name; plots go into a folder beside it.

    Args:
        order: Names of sections: a new one is put before those that come after it here.
    """
    folder = document.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    text = document.read_text() if document.exists() else HEAD
    for section in sections:
        for plot in section.plots:
            (folder / f"{plot.name}.svg").write_text(plot.svg)
        begin, end = (f"<!-- {slash}bench:{section.name} -->" for slash in ("", "/"))
        block = "\n\n".join(_blocks(section, folder.name))
        before, found, rest = text.partition(begin)
        after = rest.partition(end)[2] or "\n"
        if not found:
            place = _place(text, section.name, order)
            before, after = text[:place], f"\n\n{text[place:]}" if text[place:] else "\n"
        text = f"{before.rstrip()}\n\n{begin}\n{block}\n{end}{after}"
    document.write_text(text)


def _place(text: str, name: str, order: Sequence[str]) -> int:
    """Where a new section begins: before the first that comes after it, else at the end."""
    later = order[order.index(name) + 1 :] if name in order else ()
    places = [text.find(f"<!-- bench:{each} -->") for each in later]
    return min((place for place in places if place >= 0), default=len(text))


def targets_table(targets: Sequence[Target]) -> Table:
    """Targets as a document and a terminal show them."""
    rows = [
        [
            each.name,
            figure(each.value),
            f"{'at least' if each.at_least else 'at most'} {figure(each.bound)}",
            each.verdict,
            f"floor {figure(each.floor)}" if each.floor is not None else "",
        ]
        for each in targets
    ]
    width = 5 if any(row[-1] for row in rows) else 4
    columns = ["target", "measured", "bound", "", ""]
    return Table("", columns[:width], [row[:width] for row in rows])


def rendered(table: Table, form: str = "pipe") -> str:
    """A table as text; columns of numbers are aligned to the right."""
    rows = [[number(cell).replace("|", "/") for cell in row] for row in table.rows]
    columns = zip(*rows, strict=True) if rows else [[] for _ in table.columns]
    aligned = ["right" if _is_of_numbers(column) else "left" for column in columns]
    return tabulate(rows, table.columns, form, colalign=aligned, disable_numparse=True)


def machine_section(*, seconds: float) -> Section:
    """The last section of the document, about a run of all parts."""
    rows = [
        ["made on", f"{datetime.now(UTC):%d %B %Y}"],
        ["took", f"{seconds:.0f} s"],
        ["processors", str(os.cpu_count())],
        ["system", f"{platform.system()} {platform.machine()}"],
        ["Python", platform.python_version()],
        *([name, version(name)] for name in PACKAGES),
    ]
    table = Table("This run", ["", ""], rows)
    words = prose("machine.md")
    return Section(name="machine", title="How to repeat it", words=words, tables=[table])


def _blocks(section: Section, folder: str) -> Iterator[str]:
    yield f"## {section.title}"
    if section.targets:
        yield rendered(targets_table(section.targets))
    if section.words:
        yield section.words
    for plot in section.plots:
        yield f"![{plot.title}]({folder}/{plot.name}.svg)"
    for table in section.tables:
        yield f"### {table.title}\n\n{rendered(table)}"
        if table.note:
            yield table.note


def _is_of_numbers(column: Sequence[str]) -> bool:
    return all(not cell or cell[0].isdigit() for cell in column)
