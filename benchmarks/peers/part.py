"""The peers as a part of the benchmarks."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.peers import findings, tables
from benchmarks.peers.environment import pinned
from benchmarks.peers.findings import CONCURRENCY, ROUNDS, TASKS, Findings, find
from benchmarks.peers.trouble import LATER_SECONDS
from benchmarks.section import Part, Section, Target

OVER_CELERY, OVER_FLOOR = 2.0, 0.5


def run(quick: bool, report: Callable[[str], None]) -> Section:  # noqa: FBT001  # as every part
    found = None if quick else find(report)
    return Section(
        name="peers",
        title="Beside Celery and bare boto3",
        words=_WORDS,
        targets=targets(found),
        tables=tables.tables(found) if found else (),
        plots=tables.plots(found) if found else (),
    )


PART = Part(name="peers", run=run)


def targets(found: Findings | None) -> list[Target]:
    """What is held against Celery's better pool and the floor; no values where none were taken."""
    figures = _figures(found) if found else {}

    def target(name: str, bound: float, *, at_least: bool = False) -> Target:
        return Target(
            name=name,
            value=figures.get(name),
            bound=bound,
            at_least=at_least,
            deterministic=False,
        )

    return [
        target("completion rate over Celery's", OVER_CELERY, at_least=True),
        target("completion rate over the floor's", OVER_FLOOR, at_least=True),
        target("AWS calls for a task over Celery's", 1.0),
        target("tasks lost with a killed consumer", 0),
        target("runs of a task for later, beyond the visibility timeout", 1),
        target("a gather of 200 over Celery's chord, time", 1.0),
    ]


def _figures(found: Findings) -> dict[str, float]:
    ours, floor = found.rates["taskmill"], found.rates["bare boto3"]
    celery = found.rates[tables.better(found)]
    own = [each for each in found.victims if each.name == "taskmill"]
    (later, *_) = found.later
    (gather, chord) = (each.seconds for each in found.chords.values())
    return {
        "completion rate over Celery's": ours.completed / celery.completed,
        "completion rate over the floor's": ours.completed / floor.completed,
        "AWS calls for a task over Celery's": ours.calls / celery.calls,
        "tasks lost with a killed consumer": sum(not each.runs.ends for each in own),
        "runs of a task for later, beyond the visibility timeout": later.runs / later.tasks,
        "a gather of 200 over Celery's chord, time": gather / chord,
    }


_WORDS = f"""
The same {TASKS:,} additions, on the same emulator, in the same run: through `taskmill work`,
submitted in bulk over the HTTP API and fed by the deployed stack's dispatcher; through Celery
{pinned("celery")} with the SQS broker and the DynamoDB result backend (kombu {pinned("kombu")},
in an environment of its own); and through a loop of bare boto3: batch send, and in each thread
receive 10, one update each, batch delete. That is the floor.

All work {CONCURRENCY} tasks at a time, on queues that hide what is received for 60 s, with the same
log level, and nobody is notified (`notify="none"`). The queue is filled before the worker starts.
Times are the emulator's: from the worker's first receive to the answer to its last stored outcome,
so that starting a process counts for nobody; it also counts every signed request, by access key.
The sides take turns, and each figure is the median of {ROUNDS} rounds, each of which is refused
unless every outcome is in the table.

Celery is configured as its documentation advises: `task_acks_late`, so that like ours a task
outlives its worker; `worker_prefetch_multiplier=10`; a predefined queue, long polls of 20 s and no
pause besides; no events, gossip, mingle, heartbeats or remote control; a producer that keeps its
connection. The processes of its prefork pool get a connection of their own to DynamoDB (a signal
handler; by default they inherit one and write into it at the same time). Both the prefork and the
thread pool are measured, and the better one is what targets are held against.

Latency is that of single tasks with an idle queue, from submit to the stored result, one by one:
ours over the API, the table, its stream, the dispatcher and the queue; Celery's over the queue. The
emulator's long poll looks ten times a second, and that is most of both.

A chord of {findings.MEMBERS} is ours as a parent that gathers as many children. Celery's backend
counts a chord's members by an atomic counter and then reads their results one by one.

What this does not show: one process on one machine plays AWS, and its processor time is what all
compete for. So rates are ratios of this run, not what SQS and DynamoDB allow, where a call takes
milliseconds of waiting instead. And nobody can be quicker here than the emulator, which does one
thing at a time: its CPU for a task is a bound. Ours is two conditional writes of a row with a
history, of which the table's stream tells, where the others make one write of a small item, and in
statements that it parses in Python. (It would parse each twice; as everywhere on the local cloud,
the second time is left out.) Where a rate falls short of its target, that is the distance: on AWS,
table, stream and dispatcher run beside the consumer. Celery
with another broker is another matter: with Redis or RabbitMQ it is quicker, and needs a server.

A task {LATER_SECONDS} s from now is held back by the queue: beyond 900 s ours are with EventBridge
Scheduler. Celery's `countdown` is kept by the worker that receives it, and comes again to others
when the visibility timeout, here 60 s, is over: so that must be longer than the longest countdown,
and with it the time until a dead worker's tasks are taken over.
"""
