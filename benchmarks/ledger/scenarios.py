"""What the ledger is about: tasks submitted over HTTP, run by the real handlers, counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.ledger import reference
from benchmarks.ledger.cloud import TASKS, LedgerCloud
from benchmarks.ledger.lambda_time import with_lambda_time
from benchmarks.ledger.prices import dollars
from benchmarks.ledger.usage import Usage
from taskmill.model.batch_plan import MAX_BATCHES, batch_size_for

WAVE = 100  # tasks that are under way together: full deliveries of the stream and the queue
SMALL, MIDDLE, LARGE = 200, 2_000, 20_000  # bytes of input
CLOSINGS = 10  # batches that end between two deliveries of the stream, under load
INLINE_UP_TO = 10_000  # small elements that are submitted in the request
DAY_SECONDS = 86_400

Work = Callable[[LedgerCloud], None]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What one task, subtask or child uses in a situation; `reference`: in the reference design."""

    name: str
    usage: Usage
    reference: Usage | None = None
    reference_note: str = ""

    @property
    def dollars(self) -> float:
        """For a million."""
        return dollars(self.usage * 1e6).total()

    @property
    def reference_dollars(self) -> float | None:
        return dollars(self.reference * 1e6).total() if self.reference else None


def single(name: str, *, size: int, bulk: bool = False, task_type: str = "noop") -> Scenario:
    """Tasks under load, waves of 100, submitted one by one or in bulk of 100."""
    body = {"taskType": task_type, "input": _text(size)}

    def submit(cloud: LedgerCloud) -> None:
        for _ in range(1 if bulk else WAVE):
            cloud.post("tasks", {"tasks": [body] * WAVE} if bulk else body)

    return Scenario(name=name, usage=_measured(submit, WAVE), reference=reference.single_task(size))


def giving(name: str, *, size: int) -> Scenario:
    """A task that returns so many bytes, under load, submitted one by one."""
    body = {"taskType": "gives", "input": [size, ""]}

    def submit(cloud: LedgerCloud) -> None:
        for _ in range(WAVE):
            cloud.post("tasks", body)

    return Scenario(name=name, usage=_measured(submit, WAVE), reference_note="not known")


def alone(name: str, *, size: int) -> Scenario:
    """A task while nothing else happens: it shares no request with any other."""
    body = {"taskType": "noop", "input": _text(size)}
    return Scenario(
        name=name,
        usage=_measured(lambda cloud: _post(cloud, body), 1),
        reference=reference.single_task(size),
    )


def gather(name: str, *, children: int, parents: int = 1) -> Scenario:
    """A child of a task that waits for so many; its share of the parent is in it."""
    body = {"taskType": "bench-gathers", "input": list(range(children))}

    def submit(cloud: LedgerCloud) -> None:
        for _ in range(parents):
            cloud.post("tasks", body)

    usage = _measured(submit, children * parents)
    return Scenario(name=name, usage=usage, reference_note="has none")


def fan_out(
    count: int,
    batch_size: int,
    *,
    size: int = SMALL,
    steps_at_once: int = CLOSINGS,
    notify: str | None = None,
) -> Scenario:
    """A subtask of so many, elements of `size` bytes.

    Args:
        steps_at_once: As `LedgerCloud` has it.
        notify: As by default when absent: each subtask up to 1,000, beyond progress only.
    """
    options = {
        "taskType": "noop",
        "batchSize": batch_size,
        **({"notify": notify} if notify else {}),
    }

    def submit(cloud: LedgerCloud) -> None:
        elements = [_text(size)] * count
        if count * size <= INLINE_UP_TO * SMALL:
            cloud.post("step-function-tasks", {**options, "input": elements})
        else:
            lines = "\n".join(f'"{each}"' for each in elements).encode()
            cloud.post("step-function-tasks", {**options, "inputRef": cloud.upload(lines)})

    return Scenario(
        name=f"{count:,}{_of(size)} in batches of {batch_size}{_remark(count, batch_size)}",
        usage=_measured(submit, count, steps_at_once=steps_at_once, waves=1),
        reference=reference.subtask(count, size),
        reference_note="impossible" if count > reference.MOST_SUBTASKS else "",
    )


def _of(size: int) -> str:
    return "" if size == SMALL else f" of {size // 1_000} KB"


def possible(count: int, batch_size: int) -> int:
    """The batch size, or the least there can be: batches are never more than 5,000."""
    return max(batch_size, -(-count // MAX_BATCHES))


def _remark(count: int, batch_size: int) -> str:
    if batch_size == batch_size_for(count):
        return ", as by default"
    return ", the least possible" if batch_size == possible(count, 1) > 1 else ""


def idle_day() -> Usage:
    """A day on which nothing is submitted."""
    with LedgerCloud(modules=[TASKS]) as cloud:
        cloud.advance(seconds=DAY_SECONDS)
        return cloud.usage


def _measured(work: Work, count: int, *, steps_at_once: int = 1, waves: int = 3) -> Usage:
    """What each of `count` uses, once the first wave is over."""
    with LedgerCloud(modules=[TASKS], steps_at_once=steps_at_once) as cloud:
        used = Usage()
        for _ in range(waves):
            used = cloud.used(work)
            cloud.sleep(1)  # what is remembered of callback mappings is then too old
        _check_all_completed(cloud)
    return with_lambda_time(used) / count


def _check_all_completed(cloud: LedgerCloud) -> None:
    for item in cloud.table.scan()["Items"]:
        if (status := item.get("status", {}).get("S")) not in ("COMPLETED", None):
            raise RuntimeError(f"a row is {status}: {item}")


def _post(cloud: LedgerCloud, body: dict[str, Any]) -> None:
    cloud.post("tasks", body)


def _text(size: int) -> str:
    """A string of so many bytes of JSON."""
    return "x" * (size - 2)
