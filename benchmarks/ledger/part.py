"""The ledger as a part of the benchmarks."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.ledger.cheaper import made_cheaper
from benchmarks.ledger.lambda_time import MEMORY_MB
from benchmarks.ledger.prices import PRICES, SERVICES, dollars
from benchmarks.ledger.reference import MOST_SUBTASKS
from benchmarks.ledger.run import ALONE, IN_BULK, ONE_BY_ONE, Counted, count
from benchmarks.ledger.scenarios import CLOSINGS, Scenario
from benchmarks.ledger.tables import tables
from benchmarks.ledger.targets import targets
from benchmarks.ledger.usage import Usage, What
from benchmarks.section import Part, Plot, Section
from benchmarks.svg import Bar, Line, line_plot, stacked_bars

POLLERS = 5  # that Lambda keeps on every queue that feeds a function
POLL_SECONDS = 20
_SHAPES = ((10_000, 100), (1_000, 32), (100, 10))  # as by default
QUEUES = 4  # work, work with priority, dead letters, parked changes


def run(quick: bool, report: Callable[[str], None]) -> Section:  # noqa: FBT001  # as every part
    counted = count(quick=quick, report=report)
    return Section(
        name="ledger",
        title="What a task costs",
        words=_words(),
        targets=targets(counted),
        tables=[*tables(counted), made_cheaper(counted)],
        plots=_plots(counted),
    )


PART = Part(name="ledger", run=run)


_WORDS = """
Tasks are submitted to the HTTP API's handler and run by the real handlers around a table, queues
and topics in memory. Every AWS call is entered in the ledger with what AWS would bill for it,
computed from the request, the answer and the size of the rows: refused writes, writes of the
indexes and what Lambda's pollers ask of the queues for us are in it. The pollers' requests are
billed, but they are not among the AWS calls: those are the ones that our code makes.

**Under load** means that deliveries are full: the dispatcher is called with 100 row changes, the
worker with 10 messages, submits come in waves of 100, and {closings} batches of a fan-out end
between two deliveries of the stream. **Alone** means that nothing is shared. There a task that
runs longer than a moment costs one more call of the dispatcher and one more publish than shown,
$0.70 a million, because its start is told before its end.

**Lambda time** is assumed, not measured: {memory} MB (split 1,769), some milliseconds for the
answer of each call, 1.5 ms of computing for each call and 0.25 ms for each row written, all of
it stated in `benchmarks/ledger/lambda_time.py`. What task functions do is not in it: 50 ms at
256 MB are $0.17 a million.

**The reference design** is priced from its published counts and for nothing else: no Lambda
time, no uploads. More than {most} subtasks are impossible there.

**An idle stack** makes no call. Lambda itself asks each of its {queues} queues with {pollers}
pollers every {seconds} s: some {polls:,} requests a day, ${price:.2f}, which no design with a
queue before a function escapes. Logs, alarms, traces and storage are left out everywhere.
"""


def _words() -> str:
    polls = QUEUES * POLLERS * 86_400 // POLL_SECONDS
    return _WORDS.format(
        closings=CLOSINGS,
        memory=MEMORY_MB,
        most=MOST_SUBTASKS,
        queues=QUEUES,
        pollers=POLLERS,
        seconds=POLL_SECONDS,
        polls=polls,
        price=PRICES[What.FAIR_QUEUE_REQUESTS].dollars * polls / 1e6,
    )


def _plots(counted: Counted) -> list[Plot]:
    singles, fan_outs = counted.singles, counted.fan_outs
    tasks = [
        *(_bar(name, singles[name].usage) for name in (ONE_BY_ONE, IN_BULK, ALONE)),
        *_reference("reference design, 200 B", singles[ONE_BY_ONE]),
    ]
    subtasks = [
        *(
            _bar(f"{size:,} in batches of {batch}", fan_outs[size, batch].usage)
            for size, batch in _SHAPES
        ),
        *_reference("reference design, 100", fan_outs[100, 100]),
        *_reference("reference design, 400", fan_outs[400, 100]),
    ]
    points = [(size, each.usage.total(What.CALLS)) for size, each in counted.growth.items()]
    calls = "AWS calls a subtask, batches of 100; dashed: the target"
    lines = [Line("calls", points)]
    return [
        _bars("dollars-tasks", "Dollars for a million single tasks, by service", tasks),
        _bars("dollars-subtasks", "Dollars for a million subtasks, by service", subtasks),
        Plot(name="calls", title=calls, svg=line_plot(calls, lines, x_name="subtasks", bound=0.15)),
    ]


def _bars(name: str, title: str, bars: list[Bar]) -> Plot:
    return Plot(name=name, title=title, svg=stacked_bars(title, bars, names=SERVICES, prefix="$"))


def _bar(label: str, usage: Usage) -> Bar:
    return Bar(label, dollars(usage * 1e6))


def _reference(label: str, scenario: Scenario) -> list[Bar]:
    return [_bar(label, scenario.reference)] if scenario.reference else []
