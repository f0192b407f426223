"""A million subtasks by plan, as a part of the benchmarks."""

from collections.abc import Mapping

from benchmarks.plan.case import Case
from benchmarks.plan.checks import Check
from benchmarks.plan.pace import SLOWER
from benchmarks.plan.simulation import Simulation, simulate
from benchmarks.section import Part, Report, Section, Table, Target, number, prose

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


def run(quick: bool, report: Report) -> Section:  # noqa: FBT001  # as every part
    report("a million subtasks")
    million = simulate(MILLION)
    others = {}
    for name in QUICK if quick else OTHERS:
        report(name)
        others[name] = simulate(OTHERS[name], costs=million.pace.costs)
    words = prose(
        "plan/words.md",
        count=MILLION.count,
        size=MILLION.element_bytes,
        slower=SLOWER,
        subtask_ms=MILLION.subtask_ms,
        dollars=sum(million.dollars.values()),
    )
    return Section(
        name="plan",
        title="A million subtasks, by plan",
        words="\n".join([words, *million.notes]),
        targets=_targets(million, others["ten million"]),
        tables=_tables(million, others),
    )


PART = Part("plan", run)


def _targets(million: Simulation, ten_million: Simulation) -> list[Target]:
    timed = sum(check.timed for check in million.passed_limits)
    sized = len(million.passed_limits) - timed
    passed = len(ten_million.passed_limits)
    return [
        Target("a million: limits of size and number passed", sized, 0),
        Target("a million: limits of time and rate passed", timed, 0, deterministic=False),
        Target("a million: dollars", sum(million.dollars.values()), 1.25),
        Target(
            "a million: first subtask starts, s",
            million.first_subtask_seconds,
            10,
            deterministic=False,
        ),
        Target("ten million: limits passed", passed, 1, at_least=True),
    ]


def _tables(million: Simulation, others: Mapping[str, Simulation]) -> list[Table]:
    timeline = [[step, round(begins), round(ends)] for step, begins, ends in million.timeline]
    plans = [
        [
            name,
            round(each.pace.seconds),
            f"{sum(each.dollars.values()):.2f}",
            "; ".join(map(_passed, each.passed_limits)) or "none",
        ]
        for name, each in others.items()
    ]
    costs = million.pace.costs
    steps = {
        "split, an element": costs.split_row,
        "batch, a row": costs.batch_row,
        "finish, a batch, with what it does once": costs.finish_batch,
    }
    measured = [[step, round(cost * 1e6)] for step, cost in steps.items()]
    unit = "µs on one vCPU of this machine"
    return [
        Table("Time line", ["step", "from, s", "to, s"], timeline),
        Table("Every limit", ["what", "planned", "limit", "share"], [*map(_row, million.checks)]),
        Table("Other plans", ["asked for", "s", "$", "limits passed"], plans),
        Table("CPU time measured for the plan", ["step", unit], measured),
    ]


def _row(check: Check) -> list[str]:
    limit = f"{number(check.limit)} {check.unit}".strip()
    share = f"{check.planned / check.limit:.1%}" if check.limit else ""
    return [check.name, number(round(check.planned, 1)), limit, share]


def _passed(check: Check) -> str:
    limit = f", limit {number(check.limit)}" if check.limit else ""
    return f"{check.name} (planned {number(check.planned)}{limit})"
