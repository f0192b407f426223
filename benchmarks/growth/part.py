"""Growth as a part of the benchmarks."""

from collections.abc import Sequence
from functools import partial

from benchmarks import plots
from benchmarks.growth import deployed
from benchmarks.growth.measured import Measure, Point, drive, measured, slope, split, traced_split
from benchmarks.section import Part, Report, Section, Table, Target, prose

DRIVEN, DRIVEN_QUICK = (1_000, 10_000, 100_000), (1_000, 10_000)
SPLIT, SPLIT_QUICK = (10_000, 100_000, 1_000_000), (10_000, 50_000)
TRACED, TRACED_QUICK = (10_000, 100_000), (10_000, 50_000)
DEPLOYED = (1_000, 3_000, 10_000)
TRIES = 3  # of sizes that take a second or two
MOST_SLOPE = 1.05
MOST_MEMORY = 1.10  # of split's peak at the largest size over that at the smallest
MOST_ON_CLOUD = 1.25  # the same of the functions of the local cloud: how many run varies

Points = Sequence[Point]


def run(quick: bool, report: Report) -> Section:  # noqa: FBT001  # as every part
    driven = _measure(drive, DRIVEN_QUICK if quick else DRIVEN, report)
    alone = _measure(split, SPLIT_QUICK if quick else SPLIT, report)
    traced = _measure(traced_split, TRACED_QUICK if quick else TRACED, report)
    on_cloud = [] if quick else deployed.measure(DEPLOYED, report)
    target = partial(Target, deterministic=False)
    functions = _ratio(on_cloud)
    tables = {
        "In-process driver, whole fan-outs": driven,
        "Split alone, JSONL input": alone,
        "Split alone, Python allocations at their peak": traced,
        "Deployed local cloud, from submit to end": on_cloud,
    }
    lines = {"in-process driver, CPU": [(each.count, _each(each)) for each in driven]}
    if on_cloud:
        points = [(each.count, _each(each)) for each in on_cloud]
        lines["local cloud, from submit to end"] = points
    return Section(
        name="growth",
        title="How far it goes",
        words=prose("growth/words.md"),
        targets=[
            target("driver: slope of time", _slope(driven), MOST_SLOPE),
            target("driver: slope of memory", _slope(driven, "megabytes"), MOST_SLOPE),
            target("split: slope of time", _slope(alone), MOST_SLOPE),
            target("split: peak memory, ratio", _ratio(traced), MOST_MEMORY),
            target("local cloud: slope of time", _slope(on_cloud), MOST_SLOPE),
            target("local cloud: memory of the functions, ratio", functions, MOST_ON_CLOUD),
        ],
        tables=[_table(title, points) for title, points in tables.items() if points],
        plots=[
            plots.lines(
                "growth",
                "Milliseconds a subtask, by the size of the fan-out",
                lines,
                x_title="subtasks",
                y_title="ms a subtask",
            )
        ],
    )


PART = Part("growth", run)


def _measure(measure: Measure, sizes: Sequence[int], report: Report) -> list[Point]:
    points = []
    for size in sizes:
        report(f"{measure.__name__.replace('_', ' ')} of {size:,}")
        points.append(measured(measure, size, times=TRIES if size <= 1_000 else 1))
    return points


def _slope(points: Points, of: str = "seconds") -> float | None:
    amounts = [getattr(each, of) for each in points]
    return slope([each.count for each in points], amounts) if points else None


def _ratio(points: Points) -> float | None:
    """Of memory, at the largest size over that at the smallest."""
    return points[-1].megabytes / points[0].megabytes if points else None


def _table(title: str, points: Points) -> Table:
    if not any(each.seconds for each in points):
        return Table(title, ["subtasks", "MB"], [[each.count, each.megabytes] for each in points])
    rows = [[each.count, each.seconds, _each(each), each.megabytes] for each in points]
    return Table(title, ["subtasks", "s", "ms a subtask", "MB"], rows)


def _each(point: Point) -> float:
    return point.seconds / point.count * 1000
