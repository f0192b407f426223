"""Lines over a logarithmic scale, from 0 upwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.svg.frame import COLOURS, WIDTH, legend, line, page, text

_LEFT, _RIGHT, _TOP, _BOTTOM, _PLOT = 70, 30, 66, 44, 220


@dataclass(frozen=True)
class Line:
    """Points (x, y) under one name; x is above 0."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class _Scale:
    """From values to places on the page."""

    lowest: float
    highest: float
    top: float

    def x(self, value: float) -> float:
        share = (math.log(value) - math.log(self.lowest)) / (
            math.log(self.highest) - math.log(self.lowest) or 1
        )
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _TOP + _PLOT * (1 - value / self.top)


def line_plot(title: str, lines: Sequence[Line], *, x_name: str, bound: float | None = None) -> str:
    """An SVG of lines; x is logarithmic, y begins at 0; `bound` is a dashed line."""
    xs = sorted({x for each in lines for x, _ in each.points})
    values = [y for each in lines for _, y in each.points] + ([bound] if bound else [])
    scale = _Scale(xs[0], xs[-1], max(values) * 1.1 or 1)
    content = [*legend([each.name for each in lines], 44), *_axes(scale, xs, x_name)]
    if bound:
        content.append(line(_LEFT, scale.y(bound), WIDTH - _RIGHT, scale.y(bound), "bound"))
    for index, each in enumerate(lines):
        content += _line(each, scale, f"c{index % COLOURS}")
    return page(title, _TOP + _PLOT + _BOTTOM, content)


def _axes(scale: _Scale, xs: Sequence[float], x_name: str) -> list[str]:
    bottom = _TOP + _PLOT
    parts = [line(_LEFT, bottom, WIDTH - _RIGHT, bottom, "axis")]
    for value in _ticks(scale.top):
        parts.append(line(_LEFT, scale.y(value), WIDTH - _RIGHT, scale.y(value), "grid"))
        parts.append(text(_LEFT - 8, scale.y(value) + 4, f"{value:.3g}", anchor="end"))
    below = [text(scale.x(x), bottom + 18, f"{x:,.0f}", anchor="middle") for x in xs]
    return [*parts, *below, text(WIDTH - _RIGHT, bottom + 36, x_name, anchor="end")]


def _ticks(top: float) -> list[float]:
    """Round values up to `top`: three to nine of them."""
    step: float = 10 ** math.floor(math.log10(top))
    while top / step < 3:
        step /= 2 if top / step > 1.5 else 5
    return [step * count for count in range(1, int(top / step) + 1)]


def _line(each: Line, scale: _Scale, colour: str) -> list[str]:
    places = [(scale.x(x), scale.y(y)) for x, y in sorted(each.points)]
    path = " ".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(places))
    dots = [f'<circle class="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places]
    return [f'<path class="{colour}" d="{path}"/>', *dots]
