"""Horizontal bars, each stacked of named parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.svg.frame import COLOURS, WIDTH, legend, page, text

_LEFT, _RIGHT, _TOP, _STEP, _HEIGHT = 230, 90, 66, 30, 18


@dataclass(frozen=True)
class Bar:
    """One bar: its label, and its parts by name."""

    label: str
    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())


def stacked_bars(title: str, bars: Sequence[Bar], *, names: Sequence[str], prefix: str = "") -> str:
    """An SVG of bars on one scale, each with its total behind it.

    Args:
        names: Of the parts, in the order in which they are stacked.
        prefix: Before every total: "$".
    """
    used = [name for name in names if any(bar.parts.get(name) for bar in bars)]
    widest = max((bar.total for bar in bars), default=1) or 1
    scale = (WIDTH - _LEFT - _RIGHT) / widest
    content = legend(used, 44)
    for row, bar in enumerate(bars):
        content += _bar(bar, used, scale, _TOP + row * _STEP, prefix)
    return page(title, _TOP + len(bars) * _STEP + 10, content)


def _bar(bar: Bar, names: Sequence[str], scale: float, top: float, prefix: str) -> list[str]:
    parts, x = [text(_LEFT - 8, top + 13, bar.label, anchor="end")], float(_LEFT)
    for index, name in enumerate(names):
        width = bar.parts.get(name, 0) * scale
        if width >= 0.1:
            parts.append(
                f'<rect class="c{index % COLOURS}" x="{x:.1f}" y="{top:.1f}"'
                f' width="{width:.1f}" height="{_HEIGHT}"/>'
            )
        x += width
    return [*parts, text(x + 6, top + 13, f"{prefix}{bar.total:,.2f}")]
