"""Tables that fit the width of a terminal: a line per row, the last column cut where it must be."""

from __future__ import annotations

from collections.abc import Sequence

GAP = 2  # spaces between two columns
LEAST = 8  # characters of the last column; below that, the widest other one is cut as well

Row = Sequence[str]


def fitted(rows: Sequence[Row], width: int | None) -> list[list[str]]:
    """The cells of rows, padded to columns; those of the last column are not.

    Args:
        rows: The header first; all have as many cells.
        width: Of the terminal, in characters; None: nothing is cut.
    """
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    *others, last = widths
    if width is not None:
        left = width - sum(others) - GAP * len(others)
        if others and left < min(last, LEAST):
            widest = others.index(max(others))
            others[widest] = max(others[widest] - (min(last, LEAST) - left), LEAST)
            left = width - sum(others) - GAP * len(others)
        last = max(min(last, left), 1)
    return [[*_padded(row[:-1], others), cut(row[-1], last)] for row in rows]


def _padded(cells: Row, widths: Sequence[int]) -> list[str]:
    from rich.cells import set_cell_size

    pairs = zip(cells, widths, strict=True)
    return [set_cell_size(cut(cell, width), width) for cell, width in pairs]


def cut(text: str, width: int) -> str:
    """The text, or as much of it as fits, with `…` for the rest."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, max(width - 1, 0)).rstrip()}…"
