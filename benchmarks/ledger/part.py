"""The ledger as a part of the benchmarks."""

from collections.abc import Mapping

from benchmarks import plots
from benchmarks.ledger.lambda_time import MEMORY_MB
from benchmarks.ledger.prices import PRICES, SERVICES, dollars
from benchmarks.ledger.reference import MOST_SUBTASKS
from benchmarks.ledger.run import ALONE, IN_BULK, ONE_BY_ONE, Counted, count
from benchmarks.ledger.scenarios import CLOSINGS, Scenario
from benchmarks.ledger.tables import tables
from benchmarks.ledger.targets import targets
from benchmarks.ledger.usage import Usage, What
from benchmarks.section import Part, Plot, Report, Section, prose

POLLERS = 5  # that Lambda keeps on every queue that feeds a function
POLL_SECONDS = 20
QUEUES = 4  # work, work with priority, dead letters, parked changes
SHAPES = ((10_000, 100), (1_000, 32), (100, 10))  # as by default
MOST_CALLS = 0.15


def run(quick: bool, report: Report) -> Section:  # noqa: FBT001  # as every part
    counted = count(quick=quick, report=report)
    polls = QUEUES * POLLERS * 86_400 // POLL_SECONDS
    return Section(
        name="ledger",
        title="What a task costs",
        words=prose(
            "ledger/words.md",
            closings=CLOSINGS,
            memory=MEMORY_MB,
            most=MOST_SUBTASKS,
            queues=QUEUES,
            pollers=POLLERS,
            seconds=POLL_SECONDS,
            polls=polls,
            price=PRICES[What.FAIR_QUEUE_REQUESTS].dollars * polls / 1e6,
        ),
        targets=targets(counted),
        tables=tables(counted),
        plots=_plots(counted),
    )


PART = Part("ledger", run)


def _plots(counted: Counted) -> list[Plot]:
    singles, fan_outs = counted.singles, counted.fan_outs
    tasks = {name: singles[name].usage for name in (ONE_BY_ONE, IN_BULK, ALONE)}
    subtasks = {f"{size:,} in batches of {b}": fan_outs[size, b].usage for size, b in SHAPES}
    tasks |= _reference("reference design, 200 B", singles[ONE_BY_ONE])
    subtasks |= _reference("reference design, 100", fan_outs[100, 100])
    subtasks |= _reference("reference design, 400", fan_outs[400, 100])
    calls = [(size, each.usage.total(What.CALLS)) for size, each in counted.growth.items()]
    return [
        _bars("dollars-tasks", "single tasks", tasks),
        _bars("dollars-subtasks", "subtasks", subtasks),
        plots.lines(
            "calls",
            "AWS calls a subtask, batches of 100",
            {"AWS calls": calls},
            x_title="subtasks",
            y_title="AWS calls a subtask",
            bound=MOST_CALLS,
        ),
    ]


def _reference(label: str, scenario: Scenario) -> dict[str, Usage]:
    return {label: scenario.reference} if scenario.reference else {}


def _bars(name: str, what: str, usages: Mapping[str, Usage]) -> Plot:
    bills = {label: dollars(usage * 1e6) for label, usage in usages.items()}
    bars = {label: {each: bill[each] for each in SERVICES} for label, bill in bills.items()}
    title = f"Dollars for a million {what}, by service"
    return plots.stacked_bars(name, title, bars, unit="dollars a million", form="$,.2f")
