"""The peers as a part of the benchmarks."""

from collections.abc import Mapping, Sequence

from benchmarks import plots as draw
from benchmarks.peers.findings import CONCURRENCY, MEMBERS, ROUNDS, TASKS, Findings, find, pinned
from benchmarks.peers.rates import Rates
from benchmarks.peers.trouble import LATER_SECONDS
from benchmarks.section import Part, Plot, Report, Section, Table, Target, prose

SEEN = 0.01  # calls for a task; what is less is what it takes to start
OVER_CELERY, OVER_FLOOR = "completion rate over Celery's", "completion rate over the floor's"
CALLS = "AWS calls for a task over Celery's"
LOST = "tasks lost with a killed consumer"
LATER = "runs of a task for later, beyond the visibility timeout"
GATHER = "a gather of 200 over Celery's chord, time"
AT_LEAST = {OVER_CELERY: 2.0, OVER_FLOOR: 0.5}
AT_MOST = {CALLS: 1.0, LOST: 0, LATER: 1, GATHER: 1.0}
RATES_NOTE = (
    "Enqueued: from the first request until all messages are in the queue. Ours take 100 tasks a"
    " request, which it stores first; Celery sends one by one; bare boto3 ten by ten."
)
CALLS_NOTE = (
    "Submit is all but the worker's: for ours the API, its function and the dispatcher, also while"
    " tasks run."
)
KILLED_NOTE = "Ours waits for the lease of 90 s, Celery's for the visibility timeout of 60 s."


def run(quick: bool, report: Report) -> Section:  # noqa: FBT001  # as every part
    found = None if quick else find(report)
    return Section(
        name="peers",
        title="Beside Celery and bare boto3",
        words=prose(
            "peers/words.md",
            tasks=TASKS,
            celery=pinned("celery"),
            kombu=pinned("kombu"),
            concurrency=CONCURRENCY,
            rounds=ROUNDS,
            members=MEMBERS,
            later=LATER_SECONDS,
        ),
        targets=targets(found),
        tables=tables(found) if found else (),
        plots=plots(found) if found else (),
    )


PART = Part("peers", run)


def targets(found: Findings | None) -> list[Target]:
    """What is held against Celery's better pool and the floor; no values where none were taken."""
    figures = _figures(found) if found else {}
    return [
        Target(name, figures.get(name), bound, at_least=bounds is AT_LEAST, deterministic=False)
        for bounds in (AT_LEAST, AT_MOST)
        for name, bound in bounds.items()
    ]


def _figures(found: Findings) -> Mapping[str, float]:
    ours, floor, celery = (found.rates[name] for name in ("taskmill", "bare boto3", found.better))
    own = [each for each in found.victims if each.name == "taskmill"]
    later = found.later[0]
    gather, chord = (each.seconds for each in found.chords.values())
    return {
        OVER_CELERY: ours.completed / celery.completed,
        OVER_FLOOR: ours.completed / floor.completed,
        CALLS: ours.calls / celery.calls,
        LOST: sum(not each.runs.ends for each in own),
        LATER: later.runs / later.tasks,
        GATHER: gather / chord,
    }


def tables(found: Findings) -> list[Table]:
    singles = [
        [
            *(name, each.p50 * 1_000, each.p95 * 1_000, chord.seconds, chord.calls),
            "right" if chord.right else "wrong",
        ]
        for (name, each), chord in zip(found.latencies.items(), found.chords.values(), strict=True)
    ]
    killed = [
        [
            each.name,
            "never" if each.again_seconds is None else each.again_seconds,
            len(each.runs.begins),
            "yes" if each.runs.ends else "no: lost",
        ]
        for each in found.victims
    ]
    return [
        _rates_table(found),
        _calls_table(found.rates),
        Table(
            "Single tasks with an idle queue; chord and gather",
            ["", "p50, ms", "p95, ms", f"{MEMBERS} and their sum, s", "calls for each", "sum"],
            singles,
        ),
        Table(
            "The worker is killed in mid-task (SIGKILL), another is there at once",
            ["", "runs again after, s", "begun, times", "ended"],
            killed,
            KILLED_NOTE,
        ),
        Table(
            "Tasks for later, beyond the visibility timeout",
            ["", "tasks", "runs"],
            [[each.name, each.tasks, each.runs] for each in found.later],
        ),
    ]


def _rates_table(found: Findings) -> Table:
    celery, floor = (found.rates[name].completed for name in (found.better, "bare boto3"))
    rows = [
        [
            *(name, each.enqueued, each.completed),
            *(each.completed / celery, each.completed / floor),
            *(each.emulator_ms, each.calls),
        ]
        for name, each in found.rates.items()
    ]
    columns = ["", "enqueued a second", "completed a second", "over Celery", "over the floor"]
    columns += ["emulator's CPU for a task, ms", "calls for a task"]
    return Table(f"{TASKS:,} additions, {CONCURRENCY} at a time", columns, rows, RATES_NOTE)


def _calls_table(found: Mapping[str, Rates]) -> Table:
    columns = {
        f"{name}: {who}": calls
        for name, each in found.items()
        for who, calls in (("submit", each.other_calls), ("worker", each.worker_calls))
    }
    operations = dict.fromkeys(name for calls in columns.values() for name in _shown(calls))
    rows = [[name, *(calls.get(name) for calls in columns.values())] for name in operations]
    return Table("AWS calls for a task, by operation", ["", *columns], rows, CALLS_NOTE)


def plots(found: Findings) -> Sequence[Plot]:
    rates = {name: {"a second": each.completed} for name, each in found.rates.items()}
    title = f"Tasks completed a second, {CONCURRENCY} at a time"
    calls = {
        name: {"submit and dispatch": sum(each.other_calls.values()), **_shown(each.worker_calls)}
        for name, each in found.rates.items()
    }
    what = "AWS calls for a task, from submit to stored outcome"
    return [
        draw.stacked_bars("peers-rates", title, rates, unit="tasks a second", form=",.0f"),
        draw.stacked_bars("peers-calls", what, calls, unit="AWS calls"),
    ]


def _shown(calls: Mapping[str, float]) -> Mapping[str, float]:
    """The operations that are called often enough to be seen."""
    return {name: each for name, each in calls.items() if each >= SEEN}
