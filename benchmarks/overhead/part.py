"""Warm overhead as a part of the benchmarks."""

from collections.abc import Sequence

from benchmarks import plots
from benchmarks.overhead.measured import BARE, DEFAULT, FULL, HANDLER, QUICK, Measured, measured
from benchmarks.overhead.profile import PACKAGES, PYTHON, package_of
from benchmarks.section import Part, Plot, Report, Section, Table, Target, prose

MOST = 1.3
BOUND = ("worker", "dispatcher")  # for the API no bound was asked
GROUPS = (*PACKAGES, PYTHON)
NOTE = "Shares of the handler's CPU time. A function in C counts as own time of its caller."


def run(quick: bool, report: Report) -> Section:  # noqa: FBT001  # as every part
    found = list(measured(QUICK if quick else FULL, report))
    return Section(
        name="overhead",
        title="Warm overhead",
        words=prose("overhead/words.md"),
        targets=[
            Target(
                f"{each.scene.name}: {what} over bare calls",
                each.over(BARE, what).value,
                MOST,
                deterministic=False,
            )
            for each in found
            if each.scene.name in BOUND
            for what in ("time", "CPU")
        ],
        tables=_tables(found),
        plots=[_plot(each) for each in found],
    )


PART = Part("overhead", run)


def _tables(found: Sequence[Measured]) -> list[Table]:
    sides = (HANDLER, BARE, DEFAULT)
    times = [
        [
            f"{each.scene.name}, {what}",
            *(1000 * each.seconds(side, what) / each.scene.units for side in sides),
            each.over(BARE, what).value,
            "{:.2f} to {:.2f}".format(*each.over(BARE, what).spread),
            each.over(DEFAULT, what).value,
        ]
        for each in found
        for what in ("time", "CPU")
    ]
    calls = [
        [
            f"{each.scene.name}, {each.scene.units} {each.scene.unit}s",
            ", ".join(f"{count} {name}" for name, count in sorted(each.asked.calls.items())),
            each.asked.bytes,
        ]
        for each in found
    ]
    shares = [
        [
            each.scene.name,
            *map(_percent, (each.profile.within_calls(), *each.profile.by_package().values())),
            each.profile.samples,
        ]
        for each in found
    ]
    return [
        Table(
            "Milliseconds a message, record or request",
            ["", *sides, "over bare", "middle half", f"over {DEFAULT}"],
            times,
        ),
        Table("What both sides ask of AWS for an event", ["event", "calls", "bytes"], calls),
        Table(
            "Where the CPU time goes", ["handler", "within AWS calls", *GROUPS, "samples"], shares
        ),
        *map(_functions, found),
    ]


def _functions(each: Measured) -> Table:
    rows = [
        [f"`{name}`", _percent(own), _percent(whole)] for name, own, whole in each.profile.dearest()
    ]
    title = f"Dearest functions: {each.scene.name}"
    return Table(title, ["function", "own", "with callees"], rows, NOTE)


def _plot(each: Measured) -> Plot:
    return plots.flame_graph(
        f"flame-{each.scene.name.lower()}",
        f"CPU time of the {each.scene.name} handler",
        each.profile.stacks,
        groups=GROUPS,
        group=package_of,
        label=lambda frame: frame.partition(":")[2].replace(".<locals>", ""),
    )


def _percent(share: float) -> str:
    return f"{share:.1%}"
