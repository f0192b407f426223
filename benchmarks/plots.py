"""Plots by Altair: SVG files, legible on a light page and on a dark one.

Altair takes seconds to import, so what draws imports it: all tests import the benchmarks' parts.
"""

from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from itertools import groupby
from typing import Any

from benchmarks.section import Plot

WIDTH = 640
# Both greys and colours have about the same contrast on white and on GitHub's dark page.
TEXT, GRID = "#717a85", "#8c959f"
COLOURS = (
    "#4184e4", "#d4a72c", "#2da44e", "#bf6ad4", "#e16f24", "#57a6a1", "#d0607f", "#8c959f",
    "#8b6fe8", "#a3873f",
)  # fmt: skip
FLAME_STEP, LEAST_SHARE = 15, 0.0015  # pixels a frame is high; narrower frames are left out
_CONFIG: Mapping[str, Any] = {
    "aria": False,
    "background": "transparent",
    "padding": {"left": 24, "top": 5, "right": 40, "bottom": 5},  # fonts differ in width
    "font": "sans-serif",
    "view": {"stroke": None},
    "title": {"color": TEXT, "fontSize": 14, "anchor": "start", "offset": 14},
    "axis": {
        "labelColor": TEXT,
        "titleColor": TEXT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "gridColor": GRID,
        "gridOpacity": 0.25,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelLimit": 300,
        "tickCount": 6,
    },
    "legend": {
        "labelColor": TEXT,
        "labelFontSize": 12,
        "title": None,
        "orient": "top",
        "columnPadding": 24,
        "rowPadding": 5,
        "labelLimit": 400,
    },
    "text": {"color": TEXT, "fontSize": 12},
}


def stacked_bars(
    name: str, title: str, bars: Mapping[str, Mapping[str, float]], *, unit: str, form: str = ",.2f"
) -> Plot:
    """Horizontal bars of named parts, each with its total behind it.

    Args:
        bars: The parts of each bar; parts that are zero in every bar are left out.
        form: Of the totals, as D3 has it.
    """
    import altair as alt

    names = list(dict.fromkeys(part for bar in bars.values() for part in bar))
    used = [part for part in names if any(bar.get(part) for bar in bars.values())]
    rows = [
        {"bar": label, "part": part, "order": used.index(part), "amount": amount}
        for label, bar in bars.items()
        for part, amount in bar.items()
        if amount
    ]
    base = _chart(rows).encode(y=alt.Y("bar:N", sort=None, title=None))
    colour = alt.Color("part:N", sort=used, legend=alt.Legend(columns=4) if len(used) > 1 else None)
    drawn = base.mark_bar(height=18).encode(
        x=alt.X("sum(amount):Q", title=unit),
        color=colour.scale(domain=used, range=COLOURS),
        order="order:O",
    )
    totals = base.mark_text(align="left", dx=6).encode(
        x="sum(amount):Q", text=alt.Text("sum(amount):Q", format=form)
    )
    return _plot(name, title, drawn + totals, height=30 * len(bars))


def lines(
    name: str,
    title: str,
    points: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x_title: str,
    y_title: str,
    bound: float | None = None,
) -> Plot:
    """Lines over a logarithmic scale, from 0 upwards, each named at its last point.

    Args:
        bound: A dashed line.
    """
    import altair as alt

    rows = [{"line": each, "x": x, "y": y} for each, line in points.items() for x, y in line]
    xs = sorted({x for line in points.values() for x, _ in line})
    base = _chart(rows).encode(
        x=alt.X("x:Q", title=x_title, axis=alt.Axis(values=xs, format=",", grid=False)).scale(
            type="log", domain=[xs[0], xs[-1]], nice=False
        ),
        y=alt.Y("y:Q", title=y_title).scale(zero=True),
        color=alt.Color("line:N", legend=None).scale(domain=list(points), range=COLOURS),
    )
    last = [{"line": each, "x": x, "y": y} for each, line in points.items() for x, y in [max(line)]]
    names = base.mark_text(align="right", dy=-12).encode(text="line:N")
    names.data = _chart(last).data
    chart = base.mark_line(point={"size": 45}) + names
    if bound is not None:
        at = _chart([{"y": bound, "x": xs[0], "text": f"target: {bound:g}"}])
        rule = at.mark_rule(strokeDash=[5, 4], color="#d0607f").encode(y="y:Q")
        label = at.mark_text(align="left", dx=6, dy=-8, color="#d0607f")
        chart += rule + label.encode(x="x:Q", y="y:Q", text="text:N")
    return _plot(name, title, chart, height=220)


def flame_graph(
    name: str,
    title: str,
    stacks: Mapping[tuple[str, ...], int],
    *,
    groups: Sequence[str],
    group: Callable[[str], str],
    label: Callable[[str], str] = str,
) -> Plot:
    """Stacks with the outermost frame on top, each frame as wide as its share of all samples.

    Args:
        stacks: Samples by stack.
        group: The one of the groups, each with its colour, that a frame belongs to.
    """
    import altair as alt

    total = sum(stacks.values()) or 1
    rows = [
        {"depth": depth, "from": round(first / total, 5), "to": round(last / total, 5)}
        | {"group": group(frame), "text": label(frame)}
        for depth, first, last, frame in frames(stacks)
        if (last - first) / total >= LEAST_SHARE
    ]
    base = _chart(rows).encode(
        x=alt.X("from:Q", title="share of the CPU time", axis=alt.Axis(format="%", grid=False)),
        y=alt.Y("depth:O", axis=None).scale(paddingInner=0.06, paddingOuter=0),
    )
    colour = alt.Color("group:N").scale(domain=list(groups), range=COLOURS)
    boxes = base.mark_rect(opacity=0.3).encode(x2="to:Q", color=colour)
    room = f"{WIDTH} * (datum.to - datum.from) - 4"
    texts = base.transform_filter(f"{room} > 18").mark_text(
        align="left", dx=2, fontSize=10, limit=alt.expr(room)
    )
    depth = 1 + max((row["depth"] for row in rows), default=0)
    chart = boxes + texts.encode(text="text:N")
    return _plot(name, title, chart, height=FLAME_STEP * depth)


def frames(stacks: Mapping[tuple[str, ...], int]) -> list[tuple[int, int, int, str]]:
    """Every frame of a flame graph: its depth, its first and last sample, its name."""
    found: list[tuple[int, int, int, str]] = []
    for depth in range(max(map(len, stacks), default=0)):
        first = 0
        for path, same in groupby(sorted(stacks.items()), lambda each, d=depth: each[0][: d + 1]):
            last = first + sum(samples for _, samples in same)
            if len(path) > depth:
                found.append((depth, first, last, path[depth]))
            first = last
    return found


def _chart(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.Chart(alt.Data(values=[*rows]))


def _plot(name: str, title: str, chart: Any, *, height: int) -> Plot:
    whole = chart.properties(title=title, width=WIDTH, height=height).configure(**_CONFIG)
    svg = StringIO()
    whole.save(svg, format="svg")
    return Plot(name, title, svg.getvalue() + "\n")
