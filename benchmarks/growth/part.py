"""Growth as a part of the benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.growth import deployed
from benchmarks.growth.points import Point, measured, slope
from benchmarks.section import Part, Plot, Section, Table, Target
from benchmarks.svg import Line, line_plot

DRIVEN, DRIVEN_QUICK = (1_000, 10_000, 100_000), (1_000, 10_000)
SPLIT, SPLIT_QUICK = (10_000, 100_000, 1_000_000), (10_000, 50_000)
TRACED, TRACED_QUICK = (10_000, 100_000), (10_000, 50_000)
DEPLOYED = (1_000, 3_000, 10_000)
TRIES = 3  # of sizes that take a second or two
MOST_SLOPE = 1.05
MOST_MEMORY = 1.10  # of split's peak at the largest size over that at the smallest
MOST_ON_CLOUD = 1.25  # the same of the functions of the local cloud: how many run varies


def run(quick: bool, report: Callable[[str], None]) -> Section:  # noqa: FBT001  # as every part
    driven = _measure("drive", DRIVEN_QUICK if quick else DRIVEN, report)
    split = _measure("split", SPLIT_QUICK if quick else SPLIT, report)
    traced = _measure("traced_split", TRACED_QUICK if quick else TRACED, report)
    on_cloud = [] if quick else deployed.measure(DEPLOYED, report)
    return Section(
        name="growth",
        title="How far it goes",
        words=_WORDS,
        targets=_targets(driven, split, traced, on_cloud),
        tables=[
            _table("In-process driver, whole fan-outs", driven),
            _table("Split alone, JSONL input", split),
            _table("Split alone, Python allocations at their peak", traced),
            *([_table("Deployed local cloud, from submit to end", on_cloud)] if on_cloud else []),
        ],
        plots=[_plot(driven, on_cloud)],
    )


PART = Part(name="growth", run=run)

_WORDS = """
Fan-outs of the same kind in growing sizes. In the driver: CPU time, each size in a process of its
own, and the memory that the process takes for it; the driver keeps every row and every change, so
its memory grows with them. Split reads its input from a stream and hands its rows to a client that
forgets them: what is left is what split itself holds. On the deployed local cloud: time from the
request to the end, batches of 100, and the memory of all functions' processes together.

The slope is that of log time over log size: 1 when a subtask of a large fan-out takes as long as
one of a small one. What every fan-out takes once makes it less.
"""


def _measure(what: str, sizes: Sequence[int], report: Callable[[str], None]) -> list[Point]:
    points = []
    for size in sizes:
        report(f"{what.replace('_', ' ')} of {size:,}")
        points.append(measured(what, size, times=TRIES if size <= 1_000 else 1))
    return points


def _targets(
    driven: Sequence[Point],
    split: Sequence[Point],
    traced: Sequence[Point],
    on_cloud: Sequence[Point],
) -> list[Target]:
    return [
        _slope_target("driver: slope of time", driven),
        _slope_target("driver: slope of memory", driven, of="megabytes"),
        _slope_target("split: slope of time", split),
        _memory_target("split: peak memory", traced, bound=MOST_MEMORY),
        _slope_target("local cloud: slope of time", on_cloud),
        _memory_target("local cloud: memory of the functions", on_cloud, bound=MOST_ON_CLOUD),
    ]


def _slope_target(name: str, points: Sequence[Point], *, of: str = "seconds") -> Target:
    value = None
    if points:
        value = slope([p.count for p in points], [getattr(p, of) for p in points])
    return Target(name=name, value=value, bound=MOST_SLOPE, deterministic=False)


def _memory_target(name: str, points: Sequence[Point], *, bound: float) -> Target:
    """At the largest size over that at the smallest."""
    value = points[-1].megabytes / points[0].megabytes if points else None
    return Target(name=f"{name}, ratio", value=value, bound=bound, deterministic=False)


def _table(title: str, points: Sequence[Point]) -> Table:
    timed = any(point.seconds for point in points)
    columns = ["subtasks", *(["s", "ms a subtask"] if timed else []), "MB"]
    rows: list[list[object]] = []
    for point in points:
        times = [point.seconds, point.seconds / point.count * 1000] if timed else []
        rows.append([point.count, *times, point.megabytes])
    return Table(title=title, columns=columns, rows=rows)


def _plot(driven: Sequence[Point], on_cloud: Sequence[Point]) -> Plot:
    title = "Milliseconds a subtask, by the size of the fan-out"
    lines = [Line("in-process driver, CPU", _each(driven))]
    if on_cloud:
        lines.append(Line("local cloud, from submit to end", _each(on_cloud)))
    return Plot(name="growth", title=title, svg=line_plot(title, lines, x_name="subtasks"))


def _each(points: Sequence[Point]) -> list[tuple[float, float]]:
    return [(point.count, point.seconds / point.count * 1000) for point in points]
