"""A million subtasks by plan, as a part of the benchmarks."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.plan.case import Case
from benchmarks.plan.checks import Check
from benchmarks.plan.pace import SLOWER, Costs
from benchmarks.plan.simulation import Simulation, simulate
from benchmarks.section import Part, Section, Table, Target, number

MILLION = Case()
# What is asked for in turn; some of it is too much.
OTHERS = {
    "100,000": Case(count=100_000),
    "a million, 1,000 batches at once": Case(max_concurrency=1_000),
    "a million of 1 ms, 1,000 batches at once": Case(max_concurrency=1_000, subtask_ms=1),
    "a million elements of 2 KB": Case(element_bytes=2_000),
    "a million in batches of 1": Case(batch_size=1),
    "a million of a minute, batches of 10,000": Case(batch_size=10_000, subtask_ms=60_000),
    "ten million": Case(count=10_000_000),
}
QUICK = ("a million elements of 2 KB", "ten million")


def run(quick: bool, report: Callable[[str], None]) -> Section:  # noqa: FBT001  # as every part
    report("a million subtasks")
    million = simulate(MILLION)
    others = {}
    for name in QUICK if quick else OTHERS:
        report(name)
        others[name] = simulate(OTHERS[name], costs=million.pace.costs)
    return Section(
        name="plan",
        title="A million subtasks, by plan",
        words=_words(million),
        targets=_targets(million, others),
        tables=[_timeline(million), _limits(million), _others(others), _costs(million.pace.costs)],
    )


PART = Part(name="plan", run=run)


_WORDS = """
Nothing of this ran on AWS. The real planner cuts {count:,} elements of {size} bytes into
batches; small fan-outs through the real handlers say what a subtask and a batch use, and how
large their rows are. The CPU time of split, batch and finish was measured here with real boto3
clients, and a vCPU of Lambda's taken to be {slower:g} times slower; waiting for AWS is assumed
as in the ledger. The task function takes {subtask_ms:g} ms. `python -m benchmarks.plan --help`
plans other ones; it exits with 1 when a limit would be passed.

The price without the task functions' own time: ${dollars:.2f}. A million elements of 2 KB cost
$4.12 at commit bb07a82, and passed the write limit of a partition: they lay in the rows. Now a
batch reads them from the bucket.
"""


def _words(million: Simulation) -> str:
    case = million.pace.planned.case
    words = _WORDS.format(
        count=case.count,
        size=case.element_bytes,
        slower=SLOWER,
        subtask_ms=case.subtask_ms,
        dollars=sum(million.dollars.values()),
    )
    return "\n".join([words, *million.notes])


def _targets(million: Simulation, others: dict[str, Simulation]) -> list[Target]:
    passed = million.passed_limits
    ten = others["ten million"].passed_limits
    return [
        Target(
            name="a million: limits of size and number passed",
            value=len([check for check in passed if not check.timed]),
            bound=0,
        ),
        Target(
            name="a million: limits of time and rate passed",
            value=len([check for check in passed if check.timed]),
            bound=0,
            deterministic=False,
        ),
        Target(name="a million: dollars", value=sum(million.dollars.values()), bound=2.0),
        Target(name="ten million: limits passed", value=len(ten), bound=1, at_least=True),
    ]


def _timeline(million: Simulation) -> Table:
    return Table(
        title="Time line",
        columns=["step", "from, s", "to, s"],
        rows=[[step, round(begins), round(ends)] for step, begins, ends in million.timeline],
    )


def _limits(million: Simulation) -> Table:
    return Table(
        title="Every limit",
        columns=["what", "planned", "limit", "share"],
        rows=[[check.name, *_figures(check), _share(check)] for check in million.checks],
    )


def _figures(check: Check) -> list[str]:
    return [number(round(check.planned, 1)), f"{number(check.limit)} {check.unit}".strip()]


def _share(check: Check) -> str:
    return f"{check.planned / check.limit:.1%}" if check.limit else ""


def _others(others: dict[str, Simulation]) -> Table:
    rows: list[list[object]] = []
    for name, each in others.items():
        passed = "; ".join(
            f"{check.name} ({', '.join(['planned ' + number(check.planned), *_limit(check)])})"
            for check in each.passed_limits
        )
        cost = f"{sum(each.dollars.values()):.2f}"
        rows.append([name, round(each.pace.seconds), cost, passed or "none"])
    return Table(title="Other plans", columns=["asked for", "s", "$", "limits passed"], rows=rows)


def _limit(check: Check) -> list[str]:
    return [f"limit {number(check.limit)}"] if check.limit else []


def _costs(costs: Costs) -> Table:
    rows = [
        ["split, a row", costs.split_row * 1e6],
        ["batch, a row", costs.batch_row * 1e6],
        ["finish, a batch, with what it does once", costs.finish_batch * 1e6],
    ]
    return Table(
        title="CPU time measured for the plan",
        columns=["step", "µs on one vCPU of this machine"],
        rows=[[step, round(cost)] for step, cost in rows],
    )
