"""The ledger as tables."""

from collections.abc import Iterable

from benchmarks.ledger.cheaper import COMMIT, cheaper
from benchmarks.ledger.prices import LOG_PRICES, PRICES, SERVICES, dollars, lines
from benchmarks.ledger.run import IN_BULK, ONE_BY_ONE, TARGET, TOGETHER, Counted
from benchmarks.ledger.scenarios import CLOSINGS, Scenario
from benchmarks.ledger.usage import Usage, What
from benchmarks.section import Table, prose

COUNTS = {
    "AWS calls": (What.CALLS,),
    "table writes": (What.WRITES,),
    "write units": (What.WRITE_UNITS,),
    "read units": (What.READ_UNITS,),
    "queue requests": (What.FAIR_QUEUE_REQUESTS, What.QUEUE_REQUESTS),
    "publishes": (What.PUBLISHES,),
    "state transitions": (What.TRANSITIONS,),
    "function calls": (What.FUNCTION_CALLS,),
    "stream records": (What.STREAM_RECORDS,),
    "S3 PUT": (What.S3_PUTS,),
    "S3 GET": (What.S3_GETS,),
    "bytes": (What.BYTES,),
}
ORDERS = {
    1: "the stream is delivered after every batch: each is counted by itself",
    CLOSINGS: f"{CLOSINGS} batches end between two deliveries (the targets' case)",
    TOGETHER: "all batches and the fan-out itself end before the first delivery",
}
DEAREST = 6


def tables(counted: Counted) -> list[Table]:
    singles = counted.singles.values()
    fan_outs = [*counted.fan_outs.values(), counted.large_elements]
    dear = [counted.singles[ONE_BY_ONE], counted.singles[IN_BULK], counted.target]
    return [
        _money("A million single tasks, in dollars", "task", singles),
        _counts("A single task, in counts", "task", singles),
        _limits(counted),
        _logs("Logs and traces of a million, in dollars", [*singles, *fan_outs]),
        _money("A million subtasks, in dollars", "subtasks", fan_outs),
        _counts("A subtask, in counts", "subtasks", fan_outs),
        _orders(counted),
        *map(_dearest, dear),
        Table(
            "Prices: us-east-1, November 2026, free tiers left out",
            ["what", "service", "$ a million", "a unit is", "from"],
            [
                [what, p.service, p.dollars, p.unit, p.source]
                for what, p in (*PRICES.items(), *LOG_PRICES.items())
            ],
        ),
        Table(
            "Made cheaper",
            ["what", "by", "counted in", "before", "after", "times"],
            [
                [c.scenario, c.how, c.what, f"{c.before:.4g}", f"{c.after:.4g}", f"{c.times:.2f}"]
                for c in cheaper(counted)
            ],
            f"Before: counted by the same scenarios at commit {COMMIT}. After: in this run.",
        ),
    ]


def _money(title: str, what: str, scenarios: Iterable[Scenario]) -> Table:
    rows: list[list[object]] = []
    for each in scenarios:
        bill, theirs = dollars(each.usage * 1e6), each.reference_dollars
        costs = [f"{cost:.2f}" for cost in (*map(bill.__getitem__, SERVICES), each.dollars)]
        known = [f"{theirs:.2f}", f"{theirs / each.dollars:.1f}"] if theirs is not None else []
        rows.append([each.name, *costs, *(known or [each.reference_note, ""])])
    columns = [what, *SERVICES, "total", "reference", "times"]
    return Table(title, columns, rows, "`times`: the reference design's total over ours.")


def _limits(counted: Counted) -> Table:
    names = ("AWS calls", "write units", "read units", "queue requests", "function calls")
    rows = [
        [
            each.name,
            *(round(each.usage.total(*COUNTS[name]), 4) for name in names),
            f"{each.dollars:.2f}",
        ]
        for each in counted.limits.values()
    ]
    columns = ["a task, or a submit", *names, "$ a million"]
    return Table("Limits", columns, rows, prose("ledger/limits.md"))


def _logs(title: str, scenarios: Iterable[Scenario]) -> Table:
    rows = [
        [
            each.name,
            round(each.usage.total(What.LOG_BYTES)),
            round(each.usage.total(What.TRACES), 3),
            f"{each.log_dollars:.2f}",
            f"{each.dollars + each.log_dollars:.2f}",
        ]
        for each in scenarios
    ]
    columns = ["what", "log bytes", "traces", "$ a million", "with all else"]
    return Table(title, columns, rows, prose("ledger/logs.md"))


def _counts(title: str, what: str, scenarios: Iterable[Scenario]) -> Table:
    rows: list[list[object]] = []
    for each in scenarios:
        rows.append([each.name, *_amounts(each.usage)])
        if each.reference:
            theirs = [amount or "" for amount in _amounts(each.reference)]  # nothing: not known
            rows.append(["… in the reference design", *theirs])
    return Table(title, [what, *COUNTS], rows)


def _amounts(usage: Usage) -> list[float]:
    return [round(usage.total(*kinds), 4) for kinds in COUNTS.values()]


def _orders(counted: Counted) -> Table:
    kinds = (What.CALLS, What.WRITE_UNITS, What.FUNCTION_CALLS)
    rows = [
        [
            name,
            *(round(counted.orders[order].usage.total(what), 4) for what in kinds),
            f"{counted.orders[order].dollars:.2f}",
        ]
        for order, name in ORDERS.items()
    ]
    _, units, calls = (counted.orders[1].usage.total(what) for what in kinds)
    return Table(
        f"{TARGET[0]:,} subtasks in batches of {TARGET[1]}, by the order of events",
        ["order", *kinds, "$ a million"],
        rows,
        prose("ledger/orders.md", units=units - 2.05, calls=calls - 0.03),
    )


def _dearest(scenario: Scenario) -> Table:
    rows = [
        [
            *(entry.where, entry.operation, entry.what),
            round(scenario.usage.amounts[entry], 4),
            round(cost, 3),
            f"{cost / scenario.dollars:.0%}",
        ]
        for entry, cost in lines(scenario.usage * 1e6)[:DEAREST]
    ]
    columns = ["function", "operation", "what", "a task", "$ a million", "share"]
    return Table(f"The dearest lines: {scenario.name}", columns, rows)
