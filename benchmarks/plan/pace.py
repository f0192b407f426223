"""How fast a fan-out goes: CPU seconds measured, waiting for AWS assumed."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from benchmarks.ledger.cloud import TASKS, TENANT
from benchmarks.ledger.lambda_time import CALL_CPU_MS, ONE_VCPU_MB, WAIT_MS
from benchmarks.memory_aws import WireTable
from benchmarks.plan import limits
from benchmarks.plan.case import Case, Planned
from benchmarks.plan.sample import element
from taskmill.aws.s3.elements import PIECE_BYTES
from taskmill.fanout.element_lines import find_batches
from taskmill.handlers import subtasks
from taskmill.model.statuses import Status
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud

SLOWER = 2.0  # a vCPU of Lambda's is taken to be so much slower than this machine's
MARGIN_SECONDS = 10.0  # that a batch keeps free before its deadline
START_SECONDS = 0.5  # until a child execution's function runs, cold starts included
PARSED = 10  # times its bytes that an element takes in memory, as text and as values
MEASURED_ROWS, MEASURED_BATCH, MEASURED_BYTES = 2_000, 200, 40 << 20
_STATEMENTS_WAIT = WAIT_MS["dynamodb.batch_execute_statement"] / 1000
_WRITE_WAIT = WAIT_MS["dynamodb.update_item"] / 1000
_GET_WAIT = WAIT_MS["s3.get_object"] / 1000
S3_BYTES_A_SECOND = 50e6  # that one connection brings


@dataclass(frozen=True, kw_only=True)
class Costs:
    """CPU seconds on one vCPU of this machine, boto3 included, for a row in each step."""

    split_row: float = 1e-6
    batch_row: float = 310e-6
    finish_batch: float = 270e-6


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds of each step of a planned fan-out, on AWS."""

    planned: Planned
    costs: Costs

    @cached_property
    def split_seconds(self) -> float:
        """Split has one vCPU; it reads the input as it comes, and looks for the ends of lines."""
        case = self.planned.case
        read = _GET_WAIT + self.input_bytes / S3_BYTES_A_SECOND
        calls = 2 * (_WRITE_WAIT + CALL_CPU_MS / 1000)  # the fan-out's row, read and written
        return read + case.count * self.costs.split_row * SLOWER + calls

    @property
    def input_bytes(self) -> int:
        return self.planned.case.count * (self.planned.case.element_bytes + 1)

    @cached_property
    def first_in_batch_seconds(self) -> float:
        """Until a batch's first subtask runs: a cold start, parent, claim, elements."""
        piece = min(PIECE_BYTES, self.planned.size * self.planned.case.element_bytes)
        calls = 2 * (_WRITE_WAIT + CALL_CPU_MS / 1000)
        return START_SECONDS + calls + _GET_WAIT + piece / S3_BYTES_A_SECOND

    @cached_property
    def own_row_seconds(self) -> float:
        """Of a batch, our part for one subtask: computing, and its share of a write."""
        share = vcpu_share(self.planned.case.batch_memory_mb)
        return self.costs.batch_row * SLOWER / share + _STATEMENTS_WAIT / limits.STATEMENTS

    @cached_property
    def batch_seconds(self) -> float:
        """Of one batch from its claim to its closing, over as many invocations as it takes."""
        case = self.planned.case
        calls = 3 * (_WRITE_WAIT + CALL_CPU_MS / 1000)  # parent, claim, closing
        rows = min(self.planned.size, case.count)
        return rows * (case.subtask_ms / 1000 + self.own_row_seconds) + calls + self._read_seconds

    @property
    def _read_seconds(self) -> float:
        """Of a batch's elements."""
        size = self.planned.case.element_bytes * min(self.planned.size, self.planned.case.count)
        return math.ceil(size / PIECE_BYTES) * _GET_WAIT + size / S3_BYTES_A_SECOND

    @property
    def held_bytes(self) -> int:
        """Of elements, in a batch's memory: a piece as it was read, and one element parsed."""
        case = self.planned.case
        return max(PIECE_BYTES, case.element_bytes) + PARSED * case.element_bytes

    @cached_property
    def invocations(self) -> int:
        """Of one batch: each works until its deadline is near."""
        return math.ceil(self.batch_seconds / (limits.LAMBDA_SECONDS - MARGIN_SECONDS))

    @cached_property
    def at_once(self) -> int:
        return min(self.planned.case.max_concurrency, self.planned.batches)

    @cached_property
    def map_seconds(self) -> float:
        waves = math.ceil(self.planned.batches / max(self.at_once, 1))
        return waves * (self.batch_seconds + START_SECONDS * self.invocations)

    @cached_property
    def finish_seconds(self) -> float:
        return self.planned.batches * self.costs.finish_batch * SLOWER + 0.1

    @property
    def seconds(self) -> float:
        return self.split_seconds + self.map_seconds + self.finish_seconds


def vcpu_share(memory_mb: int) -> float:
    """The share of a vCPU that a function of so much memory has; its code uses no second one."""
    return min(memory_mb / ONE_VCPU_MB, 1.0)


class _WiredCloud(InProcessCloud):
    """Whose DynamoDB client is boto3's own."""

    def _client(self, service: str) -> Any:
        if service != "dynamodb":
            return super()._client(service)
        self.wire = WireTable(self.table)
        return self.wire.client()


def measure(planned: Planned) -> Costs:
    """Run batches and finish of a smaller fan-out with real clients, and take the CPU."""
    rows, size = MEASURED_ROWS, MEASURED_BATCH
    with _WiredCloud(modules=[TASKS]) as cloud:
        event = _started(cloud, [element(planned.case)] * rows, size)
        context = cloud.context(limits.LAMBDA_SECONDS)
        spans = subtasks.split(event, context)["batches"]
        batch = _cpu(cloud, lambda: [_batch(event, span, context) for span in spans])
        finish = _cpu(cloud, lambda: subtasks.finish(event, context))
    split = _split_cpu(planned.case)
    return Costs(split_row=split, batch_row=batch / rows, finish_batch=finish / len(spans))


def _split_cpu(case: Case) -> float:
    """CPU seconds for an element, of looking for the ends of lines."""
    lines = max(MEASURED_BYTES // (case.element_bytes + 1), 1)
    body = (b"x" * case.element_bytes + b"\n") * lines
    chunks = [body[at : at + limits.MB] for at in range(0, len(body), limits.MB)]
    before = time.process_time()
    find_batches(chunks, MEASURED_BATCH)
    return (time.process_time() - before) / lines


def _started(cloud: InProcessCloud, elements: list[Any], size: int) -> dict[str, Any]:
    """A fan-out whose execution has started; the event of its first step."""
    task = CreateStepFunctionTask(
        tenant_code=TENANT, task_type="gives", input=elements, batch_size=size, notify="progress"
    )
    key = cloud.service.create_step_function_task(task=task).key
    cloud.wiring.tasks.mark([(cloud.wiring.tasks.get(key), Status.STARTED)])
    return {**key.as_dict(), "execution": None}


def _batch(event: dict[str, Any], span: list[int], context: Any) -> None:
    subtasks.batch({**event, "execution": "measured", "range": span, "retry": 0}, context)


def _cpu(cloud: _WiredCloud, work: Callable[[], object]) -> float:
    """CPU seconds of some work in all threads, without those of the table in memory."""
    before = time.process_time() - cloud.wire.seconds
    work()
    return time.process_time() - cloud.wire.seconds - before
