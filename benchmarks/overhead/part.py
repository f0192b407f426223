"""Warm overhead as a part of the benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.overhead.measured import BARE, DEFAULT, FULL, HANDLER, QUICK, Measured, measured
from benchmarks.overhead.profile import PACKAGES, PYTHON, package_of
from benchmarks.overhead.rounds import Ratio
from benchmarks.overhead.words import FUNCTIONS_NOTE, WORDS
from benchmarks.section import Part, Plot, Section, Table, Target
from benchmarks.svg import flame_graph

MOST = 1.3
BOUND = ("worker", "dispatcher")  # for the API no bound was asked
GROUPS = (*PACKAGES, PYTHON)


def run(quick: bool, report: Callable[[str], None]) -> Section:  # noqa: FBT001  # as every part
    found = measured(QUICK if quick else FULL, report)
    return Section(
        name="overhead",
        title="Warm overhead",
        words=WORDS,
        targets=[target for each in found for target in _targets(each)],
        tables=[
            _times(found),
            _calls(found),
            _shares(found),
            *(_functions(each) for each in found),
        ],
        plots=[_plot(each) for each in found],
    )


PART = Part(name="overhead", run=run)


def _targets(found: Measured) -> list[Target]:
    if found.scene.name not in BOUND:
        return []
    ratios = {"time": found.wall(), "CPU": found.cpu()}
    return [
        Target(
            name=f"{found.scene.name}: {what} over bare calls",
            value=ratio.value,
            bound=MOST,
            deterministic=False,
        )
        for what, ratio in ratios.items()
    ]


def _times(found: Sequence[Measured]) -> Table:
    rows = [
        [f"{each.scene.name}, {what}", *_milliseconds(each, what), *_over(each, what)]
        for each in found
        for what in ("time", "CPU")
    ]
    columns = ["", "handler", "bare", DEFAULT, "over bare", "middle half", f"over {DEFAULT}"]
    return Table(title="Milliseconds a message, record or request", columns=columns, rows=rows)


def _milliseconds(each: Measured, what: str) -> list[float]:
    medians = [each.sides[name] for name in (HANDLER, BARE, DEFAULT)]
    seconds = [side.wall if what == "time" else side.cpu for side in medians]
    return [1000 * one / each.scene.units for one in seconds]


def _over(each: Measured, what: str) -> list[object]:
    ratio: Callable[[str], Ratio] = each.wall if what == "time" else each.cpu
    bare = ratio(BARE)
    return [bare.value, "{:.2f} to {:.2f}".format(*bare.spread), ratio(DEFAULT).value]


def _calls(found: Sequence[Measured]) -> Table:
    rows = [
        [
            f"{each.scene.name}, {each.scene.units} {each.scene.unit}s",
            ", ".join(f"{count} {name}" for name, count in sorted(each.asked.calls.items())),
            each.asked.bytes,
        ]
        for each in found
    ]
    return Table(
        title="What both sides ask of AWS for an event",
        columns=["event", "calls", "bytes"],
        rows=rows,
    )


def _shares(found: Sequence[Measured]) -> Table:
    rows = [
        [
            each.scene.name,
            _percent(each.profile.within_calls()),
            *(_percent(share) for share in each.profile.by_package().values()),
            each.profile.samples,
        ]
        for each in found
    ]
    columns = ["handler", "within AWS calls", *GROUPS, "samples"]
    return Table(title="Where the CPU time goes", columns=columns, rows=rows)


def _functions(each: Measured) -> Table:
    rows = [
        [f"`{name}`", _percent(own), _percent(whole)] for name, own, whole in each.profile.dearest()
    ]
    return Table(
        title=f"Dearest functions: {each.scene.name}",
        columns=["function", "own", "with callees"],
        rows=rows,
        note=FUNCTIONS_NOTE,
    )


def _plot(each: Measured) -> Plot:
    title = f"CPU time of the {each.scene.name} handler"
    svg = flame_graph(
        title, each.profile.stacks, groups=GROUPS, group=package_of, label=_short_name
    )
    return Plot(name=f"flame-{each.scene.name.lower()}", title=title, svg=svg)


def _short_name(frame: str) -> str:
    return frame.partition(":")[2].replace(".<locals>", "")


def _percent(share: float) -> str:
    return f"{share:.1%}"
