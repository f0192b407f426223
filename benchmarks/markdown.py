"""Sections as Markdown, each between marks of its own in one document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.section import Section, Table, Target, figure, number

HEAD = """# Performance

Made by `make bench` from what it measured; do not edit between the marks. How to repeat it, and on
which machine this was made, stands at the end.
"""


def write(document: Path, sections: Sequence[Section]) -> None:
    """Put sections in place of those of the same name; plots go into a folder beside it."""
    folder = document.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    text = document.read_text() if document.exists() else HEAD
    for section in sections:
        for plot in section.plots:
            (folder / f"{plot.name}.svg").write_text(plot.svg)
        text = _placed(text, section.name, "\n\n".join(_blocks(section, folder.name)))
    document.write_text(text)


def _placed(text: str, name: str, content: str) -> str:
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    block = f"{begin}\n{content}\n{end}"
    if begin in text and end in text:
        before, _, rest = text.partition(begin)
        return before + block + rest.partition(end)[2]
    return f"{text.rstrip()}\n\n{block}\n"


def _blocks(section: Section, folder: str) -> Iterator[str]:
    yield f"## {section.title}"
    if section.targets:
        yield _targets(section.targets)
    if section.words:
        yield section.words.strip()
    for plot in section.plots:
        yield f"![{plot.title}]({folder}/{plot.name}.svg)"
    for table in section.tables:
        yield f"### {table.title}"
        yield _table(table)
        if table.note:
            yield table.note


def _targets(targets: Sequence[Target]) -> str:
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
    if not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
    columns = ["target", "measured", "bound", "", ""][: len(rows[0])]
    return _table(Table(title="", columns=columns, rows=rows))


def _table(table: Table) -> str:
    lines = [
        _row(table.columns),
        _row(["---" if i == 0 else "---:" for i in range(len(table.columns))]),
    ]
    return "\n".join([*lines, *(_row([number(cell) for cell in row]) for row in table.rows)])


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"
