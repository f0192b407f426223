"""The ledger as tables."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.ledger.prices import PRICES, SERVICES, dollars, lines
from benchmarks.ledger.run import IN_BULK, ONE_BY_ONE, TARGET, TOGETHER, Counted
from benchmarks.ledger.scenarios import CLOSINGS, Scenario
from benchmarks.ledger.usage import Usage, What
from benchmarks.section import Table

COUNTS = (
    What.CALLS,
    What.WRITES,
    What.WRITE_UNITS,
    What.READ_UNITS,
    What.FAIR_QUEUE_REQUESTS,
    What.PUBLISHES,
    What.TRANSITIONS,
    What.FUNCTION_CALLS,
    What.STREAM_RECORDS,
    What.S3_PUTS,
    What.S3_GETS,
    What.BYTES,
)
_CALLED = {What.FAIR_QUEUE_REQUESTS: "queue requests"}
DEAREST = 6


def tables(counted: Counted) -> list[Table]:
    singles = counted.singles.values()
    fan_outs = [*counted.fan_outs.values(), counted.large_elements]
    dear = [counted.singles[ONE_BY_ONE], counted.singles[IN_BULK], counted.target]
    return [
        _money("A million single tasks, in dollars", "task", singles),
        _counts("A single task, in counts", "task", singles),
        _money("A million subtasks, in dollars", "subtasks", fan_outs),
        _counts("A subtask, in counts", "subtasks", fan_outs),
        _orders(counted),
        *(_dearest(each) for each in dear),
        _prices(),
    ]


def _money(title: str, what: str, scenarios: Iterable[Scenario]) -> Table:
    return Table(
        title=title,
        columns=[what, *SERVICES, "total", "reference", "times"],
        rows=[[each.name, *_bill(each), *_beside(each)] for each in scenarios],
        note="`times`: the reference design's total over ours.",
    )


def _bill(scenario: Scenario) -> list[str]:
    bill = dollars(scenario.usage * 1e6)
    return [_cents(bill[service]) for service in SERVICES] + [_cents(scenario.dollars)]


def _beside(scenario: Scenario) -> list[object]:
    theirs = scenario.reference_dollars
    if theirs is None:
        return [scenario.reference_note, ""]
    return [_cents(theirs), f"{theirs / scenario.dollars:.1f}"]


def _cents(amount: float) -> str:
    return f"{amount:.2f}"


def _counts(title: str, what: str, scenarios: Iterable[Scenario]) -> Table:
    rows: list[list[object]] = []
    for each in scenarios:
        rows.append([each.name, *_amounts(each.usage)])
        if each.reference:
            theirs = [amount or "" for amount in _amounts(each.reference)]  # nothing: not known
            rows.append(["… in the reference design", *theirs])
    return Table(title=title, columns=[what, *(_CALLED.get(w, w) for w in COUNTS)], rows=rows)


def _amounts(usage: Usage) -> list[float]:
    kinds = {What.FAIR_QUEUE_REQUESTS: (What.FAIR_QUEUE_REQUESTS, What.QUEUE_REQUESTS)}
    return [round(usage.total(*kinds.get(what, (what,))), 4) for what in COUNTS]


def _orders(counted: Counted) -> Table:
    names = {
        1: "the stream is delivered after every batch: each is counted by itself",
        CLOSINGS: f"{CLOSINGS} batches end between two deliveries (the targets' case)",
        TOGETHER: "all batches and the fan-out itself end before the first delivery",
    }
    return Table(
        title=f"{TARGET[0]:,} subtasks in batches of {TARGET[1]}, by the order of events",
        columns=["order", "AWS calls", "write units", "function calls", "$ a million"],
        rows=[
            [
                names[order],
                *(
                    round(counted.orders[order].usage.total(what), 4)
                    for what in (What.CALLS, What.WRITE_UNITS, What.FUNCTION_CALLS)
                ),
                _cents(counted.orders[order].dollars),
            ]
            for order in sorted(names)
        ],
        note=_orders_note(counted.orders[1].usage),
    )


_ORDERS_NOTE = """
Which of these comes about on AWS is a matter of a second more or less. Where each batch is
counted by itself, the bounds of 2.05 write units and 0.03 function calls are not held, by
{units:.4f} and {calls:.4f}. That order's floor is 2.06 and 0.03: a batch is claimed, closed, and in
a transaction, which is billed double, marked and added to its parent: 6 units. It runs, is counted,
and the news of its parent's progress goes out: 3 calls. What the fan-out takes once comes on top. A
count without a transaction could be wrong after a redelivery; a stream that gathers changes for a
second would hold up every single task for as long.
"""


def _orders_note(alone: Usage) -> str:
    units, calls = alone.total(What.WRITE_UNITS), alone.total(What.FUNCTION_CALLS)
    return _ORDERS_NOTE.strip().format(units=units - 2.05, calls=calls - 0.03)


def _dearest(scenario: Scenario) -> Table:
    priced = lines(scenario.usage * 1e6)
    return Table(
        title=f"The dearest lines: {scenario.name}",
        columns=["function", "operation", "what", "a task", "$ a million", "share"],
        rows=[
            [
                entry.where,
                entry.operation,
                entry.what,
                round(scenario.usage.amounts[entry], 4),
                round(cost, 3),
                f"{cost / scenario.dollars:.0%}",
            ]
            for entry, cost in priced[:DEAREST]
        ],
    )


def _prices() -> Table:
    return Table(
        title="Prices: us-east-1, November 2026, free tiers left out",
        columns=["what", "service", "$ a million", "a unit is", "from"],
        rows=[[w, p.service, p.dollars, p.unit, p.source] for w, p in PRICES.items()],
    )
