"""Plays stream, queue and workflow around the real handlers, in one process and virtual time."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from taskmill.functions.polling import Pace
from taskmill.handlers import dispatch
from taskmill.model.clock import now_ms, to_ms
from taskmill.service.task_service import TaskService
from taskmill.testing.clients import Crash, Meter, MeteredClient
from taskmill.testing.deliveries import DEAD_LETTERS, FAILURES, WORK_QUEUE, DeliveryPlayer
from taskmill.testing.dynamodb import MemoryTable
from taskmill.testing.executions import ExecutionPlayer
from taskmill.testing.fakes import Executions, Queues, Topics
from taskmill.testing.s3 import MemoryBucket
from taskmill.testing.schedules import Schedules
from taskmill.testing.schema import TABLE_SCHEMA
from taskmill.testing.stream import Stream
from taskmill.testing.turns import Turns
from taskmill.wiring.process import use
from taskmill.wiring.wiring import Wiring
from taskmill.work.event_loops import without_event_loop

STEPS_LIMIT = 200_000


@dataclass(frozen=True, kw_only=True)
class Chaos:
    """What AWS is allowed to do: deliver again, late, and in another order.

    Attributes:
        deliveries: How often every record, message and workflow step is delivered.
        seed: Of the order in which things happen; None: as they come.
    """

    deliveries: int = 1
    seed: int | None = None


@dataclass
class LambdaContext:
    """What a handler asks of its invocation, by the virtual clock."""

    clock: Callable[[], int]
    deadline: int
    function_name: str = "in-process"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:in-process"
    aws_request_id: str = "in-process"

    def get_remaining_time_in_millis(self) -> int:
        return self.deadline - self.clock()


@dataclass
class InProcessCloud:
    """A task service in this process.

    ```python
    with InProcessCloud(modules=["my_tasks"]) as cloud:
        task = cloud.service.create_task(task=CreateTask(...))
        cloud.run()
        assert cloud.service.get_task(key=task.key).status == "COMPLETED"
    ```

    Time is virtual. `run` goes on until nothing is left; `advance` and `run_until` stop at a
    moment, and only in these recurring schedules fire.

    Args:
        modules: Modules with `@task` functions.
        factory: "module:Class" of a `TaskEventFactory`.
        chaos: Deliver more than once and in other orders.
        environment: Further settings, as the stack would give them to functions.
        schema: The table's, from a template.
    """

    modules: Sequence[str] = ()
    factory: str | None = None
    chaos: Chaos = field(default_factory=Chaos)
    environment: dict[str, str] = field(default_factory=dict)
    schema: dict[str, Any] = field(default_factory=lambda: TABLE_SCHEMA)

    def __post_init__(self) -> None:
        self.now = now_ms()
        self.meter = Meter()
        self.queues = Queues(self.clock)
        self.deliveries = DeliveryPlayer(self)
        self.topics = Topics()
        self.executions = Executions()
        self.schedules = Schedules(self._send, self.clock)
        self.random = random.Random(self.chaos.seed)  # noqa: S311  # the order of a test
        self._turns = Turns()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.table = MemoryTable(self.schema)
        self.bucket = MemoryBucket()
        self.stream = Stream(self.table.records, self.meter)
        pace = Pace(self.wait, lambda: self.now / 1000, cap_seconds=math.inf)
        self.wiring = Wiring(self._environment(), self._client, self.clock, self.sleep, pace)
        self.queues.dead_letters = dict.fromkeys(self.wiring.work_urls, DEAD_LETTERS)
        self._stack.enter_context(use(self.wiring))
        self.player = ExecutionPlayer(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def service(self) -> TaskService:
        return self.wiring.service

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """Bodies published on the status topic."""
        return [json.loads(each["Message"]) for each in self.topics.published.get("status", [])]

    @property
    def alarms(self) -> list[dict[str, Any]]:
        """Bodies published on the alarm topic."""
        return [json.loads(each["Message"]) for each in self.topics.published.get("alarms", [])]

    def clock(self) -> int:
        return self.now

    def _send(self, arn: str, body: str, at: int) -> None:
        self.deliveries.put(arn, body, at)

    def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    def context(self, seconds: int = 300) -> LambdaContext:
        return LambdaContext(self.clock, self.now + seconds * 1000)

    def run(self) -> None:
        """Deliver everything there is, and what follows from it, until nothing is left.

        Time passes when nothing else can happen: to the next delayed message or retry. Recurring
        schedules would never end, so they fire in `advance` and `run_until` only.

        Raises:
            RuntimeError: It does not come to rest.
        """
        for _ in range(STEPS_LIMIT):
            if not self.step() and not self._pass_time():
                return
        raise RuntimeError(f"no rest after {STEPS_LIMIT:,} steps")

    def advance(self, *, seconds: float) -> None:
        """Let so much time pass; otherwise as `run_until`."""
        self.run_until(self.now + round(seconds * 1000))

    def run_until(self, moment: datetime | int) -> None:
        """Let time pass up to a moment, aware or in epoch ms, and do all that is due meanwhile.

        Everything happens at its time and in order: recurring schedules fire, delayed messages
        arrive, and what follows from them is done before time goes on.

        Raises:
            RuntimeError: It does not come to rest.
        """
        end = moment if isinstance(moment, int) else to_ms(moment)
        fired = self.now
        while True:
            self._rest()
            fire = self.schedules.next_due(after=fired)
            due = min(each for each in (*self._due(), fire, end + 1) if each is not None)
            if due > end:
                self.now = max(self.now, end)
                return
            if due == fire:
                self.now = max(self.now, due)
                self.schedules.fire(due, times=self.chaos.deliveries)
                fired = due
            else:
                self.now = max(self.now + 1, due)

    def step(self) -> bool:
        """Do one of the things that can happen now; False when nothing can before time passes."""
        steps = list(self._possible_steps())
        if not steps:
            return False
        steps[0 if self.chaos.seed is None else self.random.randrange(len(steps))]()
        return True

    def wait(self, seconds: float) -> bool:
        """Let happen what can happen now, else what comes next within so many seconds.

        May be called in several threads at once.

        Returns:
            False: nothing is left that ever will.
        """
        with self._turns.take():
            if not self.step():
                return self._pass_time(seconds)
            self._rest()
            return True

    def _rest(self) -> None:
        """Do everything that can happen now."""
        for _ in range(STEPS_LIMIT):
            if not self.step():
                return
        raise RuntimeError(f"no rest after {STEPS_LIMIT:,} steps")

    def _possible_steps(self) -> Iterator[Callable[[], None]]:
        if self.stream.pending():
            yield self.deliver_records
        yield from self.deliveries.steps()
        if self.player.ready():
            yield self.player.step

    def deliver_records(self) -> None:
        """Hand the next records of the table's stream to the dispatcher."""
        records = self.stream.take(100)
        for _ in range(self.chaos.deliveries):
            self.invoke(dispatch.handler, {"Records": records}, again=True)

    def invoke(self, handler: Any, event: Any, *, again: bool = False, seconds: int = 300) -> Any:
        """Call a handler as Lambda would; None when the process died.

        Args:
            again: Call until it lives, as the stream does.
        """
        while True:
            try:
                return without_event_loop(lambda: handler(event, self.context(seconds)))
            except Crash:
                if not again:
                    return None

    def _pass_time(self, within_seconds: float = math.inf) -> bool:
        """Go to the next moment at which something is due; False: nothing ever will be."""
        due = self._due()
        if not due:
            return False
        farthest = self.now + max(within_seconds * 1000, 1)
        self.now = int(min(max(self.now + 1, min(due)), farthest))
        return True

    def _due(self) -> list[int]:
        """When the next message shows up, and when an execution goes on."""
        return [each for each in (self.deliveries.next_due(), self.player.next_due()) if each]

    def _client(self, service: str) -> Any:
        fakes: dict[str, Any] = {
            "dynamodb": self.table,
            "s3": self.bucket,
            "sqs": self.queues,
            "sns": self.topics,
            "stepfunctions": self.executions,
            "scheduler": self.schedules,
        }
        return MeteredClient(service, fakes[service], self.meter)

    def _environment(self) -> dict[str, str]:
        return {
            "POWERTOOLS_LOG_LEVEL": "ERROR",  # a failing test shows what it asserts
            "TASKMILL_TABLE": "tasks",
            "TASKMILL_BUCKET": "payloads",
            "TASKMILL_MODULES": ",".join(self.modules),
            "TASKMILL_FACTORY": self.factory or "",
            "TASKMILL_QUEUE_URL": WORK_QUEUE,
            "TASKMILL_QUEUE_ARN": "arn:queue",
            "TASKMILL_DEAD_LETTERS_URL": DEAD_LETTERS,
            "TASKMILL_FAILURE_QUEUE_URL": FAILURES,
            "TASKMILL_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:1:stateMachine:subtasks",
            "TASKMILL_STATUS_TOPIC_ARN": "status",
            "TASKMILL_ALARM_TOPIC_ARN": "alarms",
            "TASKMILL_SCHEDULE_GROUP": "tasks",
            "TASKMILL_SCHEDULE_ROLE_ARN": "arn:role",
            **self.environment,
        }
