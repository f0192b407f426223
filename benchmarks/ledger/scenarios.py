"""The ledger's scenarios: tasks submitted over HTTP, run by the real handlers, counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.ledger import reference
from benchmarks.ledger.cloud import TASKS, LedgerCloud
from benchmarks.ledger.lambda_time import with_lambda_time
from benchmarks.ledger.logs import SAMPLED_ALONE, SAMPLED_UNDER_LOAD, with_logs
from benchmarks.ledger.prices import dollars, log_dollars
from benchmarks.ledger.usage import Usage
from benchmarks.tasks import virtual_tasks
from taskmill.model.batch_plan import MAX_BATCHES, batch_size_for

WAVE = 100  # tasks that are under way together: full deliveries of the stream and the queue
SMALL, MIDDLE, LARGE = 200, 2_000, 20_000  # bytes of input
CLOSINGS = 10  # batches that end between two deliveries of the stream, under load
INLINE_UP_TO = 10_000  # small elements that are submitted in the request
DAY_SECONDS = 86_400
LIMITED = "benchmarks.tasks.bench_limits"


@dataclass(frozen=True)
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
    def log_dollars(self) -> float:
        """Logs and traces of a million, which are not in `dollars`."""
        return log_dollars(self.usage * 1e6)

    @property
    def reference_dollars(self) -> float | None:
        return dollars(self.reference * 1e6).total() if self.reference else None


def single(name: str, *, size: int, bulk: bool = False, task_type: str = "noop") -> Scenario:
    """Tasks under load, waves of 100, submitted one by one or in bulk of 100."""
    body = {"taskType": task_type, "input": text(size)}
    submits = [{"tasks": [body] * WAVE}] if bulk else [body] * WAVE
    return Scenario(name, _tasks(submits, WAVE), reference.single_task(size))


def lasting(name: str, *, seconds: float, workers: int) -> Scenario:
    """A task that takes so long, under load: a backlog of 100, more than the workers can begin.

    What a worker has received and does not begin goes back to the queue, in virtual time.
    """
    body = {"taskType": "bench-lasts", "input": [0, seconds]}

    def submit(cloud: LedgerCloud) -> None:
        virtual_tasks.use(cloud)
        for _ in range(WAVE):
            cloud.post("tasks", body)

    usage = measured(submit, WAVE, modules=[TASKS, virtual_tasks.__name__], workers=workers)
    return Scenario(name, usage, reference_note="not known")


def giving(name: str, *, size: int) -> Scenario:
    """A task that returns so many bytes, under load, submitted one by one."""
    body = {"taskType": "gives", "input": [size, ""]}
    return Scenario(name, _tasks([body] * WAVE, WAVE), reference_note="not known")


def alone(name: str, *, size: int) -> Scenario:
    """A task while nothing else happens: it shares no request with any other."""
    body = {"taskType": "noop", "input": text(size)}
    return Scenario(name, _tasks([body], 1, sampled=SAMPLED_ALONE), reference.single_task(size))


def gather(name: str, *, children: int, parents: int = 1) -> Scenario:
    """A child of a task that waits for so many; its share of the parent is in it."""
    body = {"taskType": "bench-gathers", "input": list(range(children))}
    usage = _tasks([body] * parents, children * parents)
    return Scenario(name, usage, reference_note="has none")


def fan_out(
    count: int,
    batch_size: int,
    *,
    size: int = SMALL,
    steps_at_once: int = CLOSINGS,
    notify: str | None = None,
    task_type: str = "noop",
) -> Scenario:
    """A subtask of so many, elements of `size` bytes.

    Args:
        steps_at_once: As `LedgerCloud` has it.
        notify: As by default when absent: each subtask up to 1,000, beyond progress only.
    """
    body: dict[str, Any] = {"taskType": task_type, "batchSize": batch_size}
    if notify:
        body["notify"] = notify
    elements = [text(size)] * count

    def submit(cloud: LedgerCloud) -> None:
        if count * size <= INLINE_UP_TO * SMALL:
            cloud.post("step-function-tasks", {**body, "input": elements})
        else:
            lines = "\n".join(f'"{each}"' for each in elements).encode()
            cloud.post("step-function-tasks", {**body, "inputRef": cloud.upload(lines)})

    of = "" if size == SMALL else f" of {size // 1_000} KB"
    return Scenario(
        f"{count:,}{of} in batches of {batch_size}{_remark(count, batch_size)}",
        measured(submit, count, steps_at_once=steps_at_once, waves=1),
        reference.subtask(count, size),
        "impossible" if count > reference.MOST_SUBTASKS else "",
    )


def possible(count: int, batch_size: int) -> int:
    """The batch size, or the least there can be: batches are never more than 5,000."""
    return max(batch_size, -(-count // MAX_BATCHES))


def idle_day() -> Usage:
    """A day on which nothing is submitted."""
    with LedgerCloud(modules=[TASKS]) as cloud:
        cloud.advance(seconds=DAY_SECONDS)
        return cloud.usage


def text(size: int) -> str:
    """A string of so many bytes of JSON."""
    return "x" * (size - 2)


def _remark(count: int, batch_size: int) -> str:
    if batch_size == batch_size_for(count):
        return ", as by default"
    return ", the least possible" if batch_size == possible(count, 1) > 1 else ""


def _tasks(
    submits: Sequence[dict[str, Any]], count: int, *, sampled: float = SAMPLED_UNDER_LOAD
) -> Usage:
    """What each of `count` tasks uses that these requests submit."""

    def submit(cloud: LedgerCloud) -> None:
        for body in submits:
            cloud.post("tasks", body)

    return measured(submit, count, sampled=sampled)


def measured(
    work: Callable[[LedgerCloud], None],
    count: int,
    *,
    steps_at_once: int = 1,
    waves: int = 3,
    sampled: float = SAMPLED_UNDER_LOAD,
    modules: Sequence[str] = (TASKS, LIMITED),
    workers: int | None = None,
) -> Usage:
    """What each of `count` uses, once the first wave is over."""
    cloud = LedgerCloud(modules=modules, steps_at_once=steps_at_once, workers=workers)
    with cloud:
        used = Usage()
        for _ in range(waves):
            used = cloud.used(work)
            cloud.sleep(1)  # what is remembered of callback mappings is then too old
        for item in cloud.table.scan()["Items"]:
            if (status := item.get("status", {}).get("S")) not in ("COMPLETED", None):
                raise RuntimeError(f"a row is {status}: {item}")
    return with_logs(with_lambda_time(used), sampled=sampled) / count
