"""Findings as tables and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.peers.findings import CONCURRENCY, MEMBERS, TASKS, Findings
from benchmarks.peers.rates import Rates
from benchmarks.section import Plot, Table
from benchmarks.svg import Bar, stacked_bars

SEEN = 0.01  # calls for a task; what is less is what it takes to start


def better(found: Findings) -> str:
    """The name of Celery's better pool."""
    pools = [name for name in found.rates if name.startswith("Celery")]
    return max(pools, key=lambda name: found.rates[name].completed)


def tables(found: Findings) -> list[Table]:
    return [_rates(found), _calls(found), _latencies(found), _killed(found), _later(found)]


def plots(found: Findings) -> list[Plot]:
    rates = [Bar(name, {"a second": each.completed}) for name, each in found.rates.items()]
    title = f"Tasks completed a second, {CONCURRENCY} at a time"
    calls = "AWS calls for a task, from submit to stored outcome"
    names = [
        "submit and dispatch",
        *_operations([each.worker_calls for each in found.rates.values()]),
    ]
    bars = [Bar(name, _parts(each)) for name, each in found.rates.items()]
    return [
        Plot(name="peers-rates", title=title, svg=stacked_bars(title, rates, names=["a second"])),
        Plot(name="peers-calls", title=calls, svg=stacked_bars(calls, bars, names=names)),
    ]


def _rates(found: Findings) -> Table:
    floor = found.rates["bare boto3"]
    rows = [
        [
            name,
            each.enqueued,
            each.completed,
            each.completed / found.rates[better(found)].completed,
            each.completed / floor.completed,
            each.emulator_ms,
            each.calls,
        ]
        for name, each in found.rates.items()
    ]
    columns = ["", "enqueued a second", "completed a second", "over Celery", "over the floor"]
    columns.append("emulator's CPU for a task, ms")
    return Table(
        title=f"{TASKS:,} additions, {CONCURRENCY} at a time",
        columns=[*columns, "calls for a task"],
        rows=rows,
        note="Enqueued: from the first request until all messages are in the queue. Ours take 100"
        " tasks a request, which it stores first; Celery sends one by one; bare boto3 ten by ten.",
    )


def _calls(found: Findings) -> Table:
    operations = _operations(
        [calls for each in found.rates.values() for calls in (each.worker_calls, each.other_calls)]
    )
    rows = [
        [
            name,
            *(
                part
                for each in found.rates.values()
                for part in (each.other_calls.get(name), each.worker_calls.get(name))
            ),
        ]
        for name in operations
    ]
    columns = [f"{name}: {who}" for name in found.rates for who in ("submit", "worker")]
    return Table(
        title="AWS calls for a task, by operation",
        columns=["", *columns],
        rows=rows,
        note="Submit is all but the worker's: for ours the API, its function and the dispatcher,"
        " also while tasks run.",
    )


def _latencies(found: Findings) -> Table:
    rows = [
        [
            name,
            each.p50 * 1_000,
            each.p95 * 1_000,
            found.chords[name].seconds,
            found.chords[name].calls,
            "right" if found.chords[name].right else "wrong",
        ]
        for name, each in found.latencies.items()
    ]
    columns = ["", "p50, ms", "p95, ms", f"{MEMBERS} and their sum, s", "calls for each", "sum"]
    return Table(
        title="Single tasks with an idle queue; chord and gather", columns=columns, rows=rows
    )


def _killed(found: Findings) -> Table:
    rows = [
        [
            each.name,
            "never" if each.again_seconds is None else each.again_seconds,
            len(each.runs.begins),
            "yes" if each.runs.ends else "no: lost",
        ]
        for each in found.victims
    ]
    return Table(
        title="The worker is killed in mid-task (SIGKILL), another is there at once",
        columns=["", "runs again after, s", "begun, times", "ended"],
        rows=rows,
        note="Ours waits for the lease of 90 s, Celery's for the visibility timeout of 60 s.",
    )


def _later(found: Findings) -> Table:
    rows = [[each.name, each.tasks, each.runs] for each in found.later]
    return Table(
        title="Tasks for later, beyond the visibility timeout",
        columns=["", "tasks", "runs"],
        rows=rows,
    )


def _parts(rates: Rates) -> dict[str, float]:
    return {"submit and dispatch": sum(rates.other_calls.values()), **_shown(rates.worker_calls)}


def _shown(calls: Mapping[str, float]) -> dict[str, float]:
    return {name: each for name, each in calls.items() if each >= SEEN}


def _operations(calls: Sequence[Mapping[str, float]]) -> list[str]:
    """Names of operations that are called often enough to be seen."""
    return list(dict.fromkeys(name for each in calls for name in _shown(each)))
