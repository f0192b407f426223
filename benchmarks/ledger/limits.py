"""What limits cost: the ledger's scenarios of tasks with limits, under load unless they say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.ledger.cloud import TASKS, LedgerCloud
from benchmarks.ledger.logs import SAMPLED_ALONE
from benchmarks.ledger.scenarios import LIMITED, SMALL, WAVE, Scenario, fan_out, measured, text
from benchmarks.ledger.usage import Usage, What
from benchmarks.tasks import virtual_tasks
from taskmill.aws.dynamodb.flow_control.pauses import KEPT_MS

UNGATED = "no limit"
FREE = "concurrency limit, a slot is free"
SECONDS = "no limit, tasks of 5 s and more"
FREE_SECONDS = "concurrency limit, tasks of 5 s and more"
FREE_ALONE = "concurrency limit, each task alone"
WAITING = "concurrency limit, nine of ten wait"
TWO = "two concurrency limits, slots are free"
IN_TIME = "rate limit, started in time"
LATE = "rate limit, started late"
UNIQUE = "unique key"
EXISTING = "unique key that another task has"
DEBOUNCED = "debounced, one submit of a key"
BUMP = "debounced, a submit that puts it off"
PAUSED = "held by a pause, and let go on"
SUBTASK = "subtask of 1,000, no limit"
LIMITED_SUBTASK = "subtask of 1,000 with ten slots"
BATCH_SIZE = 100  # of the fan-outs: as many as the limit lets run at a time
QUIET_SECONDS = 30
PAUSE_LOOKS_A_MONTH = 30 * 86_400_000 // KEPT_MS  # of a process that works all the time


def count_limits() -> dict[str, Scenario]:
    """All of them, by name."""
    counted = {
        UNGATED: _wave(),
        FREE: _wave("bench-room"),
        SECONDS: _lasting("bench-lasts"),
        FREE_SECONDS: _lasting("bench-room-lasts"),
        FREE_ALONE: _alone("bench-room"),
        WAITING: _wave("bench-ten"),
        TWO: _wave("bench-two-limits"),
        IN_TIME: _wave("bench-paced"),
        LATE: measured(_late, WAVE),
        UNIQUE: _wave(more=lambda number: {"unique": {"key": str(number)}}),
        EXISTING: _further({"unique": {"key": "k"}}),
        DEBOUNCED: _wave(more=lambda number: {"debounce": _debounce(str(number))}),
        BUMP: _further({"debounce": _debounce("k")}),
        PAUSED: measured(_paused, WAVE),
        SUBTASK: fan_out(1_000, BATCH_SIZE).usage,
        LIMITED_SUBTASK: fan_out(1_000, BATCH_SIZE, task_type="bench-ten").usage,
    }
    return {name: Scenario(name, usage) for name, usage in counted.items()}


def tasks_at_once(task_type: str, count: int) -> Usage:
    """What each of so many tasks uses that are submitted at once, and nothing else is there."""
    return measured(lambda cloud: _submit(cloud, count, task_type), count)


def idle_after_limits() -> Usage:
    """A day on which nothing is submitted, after tasks under limits of every kind have ended."""
    with LedgerCloud(modules=[TASKS, LIMITED]) as cloud:
        for task_type in ("bench-ten", "bench-two-limits", "bench-paced"):
            _submit(cloud, WAVE, task_type)
        _submit(cloud, 1, more=lambda number: {"unique": {"key": str(number)}})
        cloud.run()
        before = cloud.usage.copy()
        cloud.advance(seconds=86_400)
        return cloud.usage - before


def pause_look() -> Usage:
    """A process's look at what is paused, which it repeats when `KEPT_MS` have passed."""
    with LedgerCloud(modules=[TASKS]) as cloud:

        def wave(after_seconds: float) -> Usage:
            cloud.sleep(after_seconds)
            return cloud.used(lambda cloud: _submit(cloud, WAVE))

        wave(1)
        within, beyond = wave(1), wave(KEPT_MS / 1000)
        reads = Usage()
        more = beyond.total(What.READ_UNITS) - within.total(What.READ_UNITS)
        reads.add(What.READ_UNITS, "worker", "dynamodb.batch_get_item", more)
        return reads


def _wave(
    task_type: str = "noop", more: Callable[[int], Mapping[str, Any]] = lambda _: {}
) -> Usage:
    return measured(lambda cloud: _submit(cloud, WAVE, task_type, more), WAVE)


def _alone(task_type: str) -> Usage:
    return measured(lambda cloud: _submit(cloud, 1, task_type), 1, sampled=SAMPLED_ALONE)


def _lasting(task_type: str) -> Usage:
    """Each ends alone, and so gives its slot back alone, on one of ten workers, in virtual time."""

    def submit(cloud: LedgerCloud) -> None:
        virtual_tasks.use(cloud)
        for number in range(WAVE):
            body = {"taskType": task_type, "input": [number, 5 + number / 7]}
            cloud.post("tasks", body)

    return measured(submit, WAVE, modules=[TASKS, virtual_tasks.__name__], workers=10)


def _submit(
    cloud: LedgerCloud,
    count: int,
    task_type: str = "noop",
    more: Callable[[int], Mapping[str, Any]] = lambda _: {},
) -> None:
    for number in range(count):
        cloud.post("tasks", {"taskType": task_type, "input": text(SMALL), **more(number)})


def _further(more: Mapping[str, Any]) -> Usage:
    """What each further submit of a key adds to the first, a tenth of a second apart."""

    def submit(count: int) -> Callable[[LedgerCloud], None]:
        def do(cloud: LedgerCloud) -> None:
            for _ in range(count):
                _submit(cloud, 1, more=lambda _: more)
                cloud.sleep(0.1)

        return do

    return (measured(submit(WAVE + 1), 1) - measured(submit(1), 1)) / WAVE


def _late(cloud: LedgerCloud) -> None:
    """Workers get to the messages of a rate-limited type only after their starts have passed."""
    _submit(cloud, WAVE, "bench-paced")
    while cloud.stream.pending():
        cloud.deliver_records()
    cloud.sleep(WAVE)


def _paused(cloud: LedgerCloud) -> None:
    cloud.post("types/noop/pause", {})
    cloud.sleep(KEPT_MS / 1000)
    _submit(cloud, WAVE)
    cloud.run()
    cloud.post("types/noop/resume", {})


def _debounce(key: str) -> dict[str, Any]:
    return {"key": key, "seconds": QUIET_SECONDS}
