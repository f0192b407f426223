"""The in-process cloud: the real Lambda handlers on fake AWS services, in virtual time."""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

from taskmill.aws.sqs.protocol import MESSAGES_A_CALL
from taskmill.functions.polling import Pace
from taskmill.functions.sources.errors import NoTaskFolder
from taskmill.functions.sources.loading import load_all
from taskmill.functions.sources.task_folder import checked_folder, find_modules, on_path
from taskmill.handlers import dispatch, statistics
from taskmill.model.clock import now_ms, to_ms
from taskmill.service.task_service import TaskService
from taskmill.testing.chaos import Chaos
from taskmill.testing.clients import Crash, Meter, MeteredClient
from taskmill.testing.clocks import Clocks
from taskmill.testing.counting import Counting, counted_by
from taskmill.testing.deliveries import DeliveryPlayer
from taskmill.testing.dynamodb import MemoryTable
from taskmill.testing.environment import (
    DEAD_LETTERS,
    PARKED,
    function_environment,
    pool_environment,
)
from taskmill.testing.executions import ExecutionPlayer
from taskmill.testing.fakes import Executions, Metrics, Queues, Topics
from taskmill.testing.faults import FaultyTable
from taskmill.testing.lambda_context import LambdaContext
from taskmill.testing.s3 import MemoryBucket
from taskmill.testing.schedules import Schedules
from taskmill.testing.schema import TABLE_SCHEMA
from taskmill.testing.stage import Stage, VirtualSideCalls
from taskmill.testing.stream import Stream
from taskmill.testing.turns import Turns
from taskmill.wiring.process import use
from taskmill.wiring.wiring import Wiring
from taskmill.work.event_loops import without_event_loop

if TYPE_CHECKING:
    from taskmill.client.async_client import AsyncTaskClient
    from taskmill.client.client import TaskClient

_ADVICE = 'Name the folder that holds it: InProcessCloud(folder="tasks", modules=[...])'
STEPS_LIMIT = 200_000  # of one `run`; more means that tasks start each other endlessly


@dataclass
class InProcessCloud:
    """A task service with fake AWS services in this process, for tests.

    ```python
    with InProcessCloud(modules=["my_tasks"]) as cloud:
        task = cloud.service.create_task(task=CreateTask(...))
        cloud.run()
        assert cloud.service.get_task(key=task.key).status == "COMPLETED"
    ```

    Time is virtual: it passes only in `run`, `advance`, `run_until`, and while something waits.
    `run` continues until nothing is left to do. `advance` and `run_until` stop at a point in time;
    recurring schedules fire only in these two.

    Args:
        modules: Modules with `@task` functions; they are imported on entry. Default: all modules
            in `folder` that have any.
        folder: Where the modules are; by default they are looked for on `sys.path` only.
        factory: "module:Class" of a `TaskEventFactory`.
        chaos: Repeated and reordered deliveries, faults of DynamoDB; none by default.
        environment: Environment variables of the functions; they add to and replace the stack's.
        schema: Arguments of DynamoDB's `create_table`; `TABLE_SCHEMA` by default.
        pools: Worker pools in Lambda: by their names the seconds of their functions' timeout.
        workers: How many invocations of the worker function may run at the same time, for each
            work queue. Tasks that sleep (with `cloud.sleep`) then do so side by side, and so do the
            batches of a fan-out. None: each invocation ends before anything else happens.
        load_modules: False: import the modules with the first task, as functions do; one that
            cannot be imported then fails only its own tasks.
    """

    modules: Sequence[str] = ()
    factory: str | None = None
    chaos: Chaos = field(default_factory=Chaos)
    environment: dict[str, str] = field(default_factory=dict)
    schema: dict[str, Any] = field(default_factory=lambda: TABLE_SCHEMA)
    pools: Mapping[str, int] = field(default_factory=dict)
    workers: int | None = None
    folder: Path | str | None = None
    load_modules: bool = True

    def __post_init__(self) -> None:
        self.now = now_ms()
        self.meter = Meter()
        self.queues = Queues(self.clock)
        self.stage = Stage(self.clock)
        self.side_calls = VirtualSideCalls(self.clock, self.stage if self.workers else None)
        self.deliveries = DeliveryPlayer(self)
        self.topics = Topics()
        self.executions = Executions()
        self.schedules = Schedules(self.deliveries.put, self.clock)
        self.random = random.Random(self.chaos.seed)  # noqa: S311  # orders events; no secret
        if self.workers and self.chaos.seed is not None:
            self.queues.pick = self._pick
        chance = None if self.chaos.seed is None else self.random
        self.counting = Counting(self._count, deliveries=self.chaos.deliveries, by=chance)
        self._faulty = FaultyTable(lambda: self.table, self.chaos)
        self._clocks = Clocks(self.clock, self.chaos.clock_skew_seconds)
        self._turns, self._stack = Turns(), ExitStack()

    def __enter__(self) -> Self:
        """Start the cloud.

        Raises:
            NoTaskFolder: There is no such folder, or no module in it declares tasks.
            CannotLoadTasks: A module cannot be imported, or two define the same task type.
        """
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def _start(self, stack: ExitStack) -> None:
        folder = None if self.folder is None else checked_folder(self.folder)
        modules = self._modules_in(folder)
        stack.enter_context(on_path(folder))
        self.table = MemoryTable(self.schema)
        self.bucket = MemoryBucket()
        self.stream = Stream(self.table.records, self.meter)
        pace = Pace(self.wait, lambda: self.now / 1000, cap_seconds=math.inf)
        settings = function_environment(modules=modules, factory=self.factory)
        settings |= pool_environment(self.pools) | self.environment
        self.wiring = Wiring(
            settings,
            self._client,
            self._clocks.of_processes,
            self.sleep,
            pace,
            side_calls=self.side_calls,
        )
        # Loggers of one name share a handler: pytest may have closed the stream that it has.
        self.wiring.logger.registered_handler.stream = self._log_stream()
        self.queues.dead_letters = dict.fromkeys(self.deliveries.all_urls, DEAD_LETTERS) | PARKED
        stack.enter_context(use(self.wiring))
        stack.enter_context(counted_by(self.count_statistics))
        self.player = ExecutionPlayer(self)
        if self.load_modules:
            load_all(modules, folder, advice=_ADVICE)

    def _log_stream(self) -> TextIO:
        return sys.stdout

    def _modules_in(self, folder: Path | None) -> Sequence[str]:
        if self.modules or folder is None:
            return self.modules
        found = find_modules(folder)
        if not found:
            raise NoTaskFolder(f"no module in {folder} declares a task with @task(...)")
        return found

    def __exit__(self, *error: object) -> None:
        self.stage.close()
        self._stack.close()

    @property
    def service(self) -> TaskService:
        return self.wiring.service

    def client(self, tenant: str) -> TaskClient:
        """A client of the API of this cloud; where it waits, the cloud does its work."""
        from taskmill.testing.over_http.clients import client_of

        return client_of(self, tenant)

    def async_client(self, tenant: str) -> AsyncTaskClient:
        """As `client`, for code on an event loop."""
        from taskmill.testing.over_http.clients import async_client_of

        return async_client_of(self, tenant)

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """Bodies published to the status topic, oldest first."""
        return [json.loads(each["Message"]) for each in self.topics.published.get("status", [])]

    @property
    def alarms(self) -> list[dict[str, Any]]:
        """Bodies published to the alarm topic, oldest first."""
        return [json.loads(each["Message"]) for each in self.topics.published.get("alarms", [])]

    def clock(self) -> int:
        """The virtual time, in epoch ms."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass without doing anything."""
        moment = self.now + round(seconds * 1000)
        if not self.stage.sleep_until(moment):
            self._move_to(moment)

    def _move_to(self, moment: int) -> None:
        """Let time pass, and make the calls that are planned for then."""
        while planned := self.side_calls.take(moment):
            at, call = planned
            self.now = max(self.now, at)
            call()
        self.now = max(self.now, moment)

    def context(self, seconds: int = 300) -> LambdaContext:
        """The context of an invocation that times out after so many seconds."""
        return LambdaContext(self.clock, self.now + seconds * 1000)

    def run(self) -> None:
        """Process all messages, stream records and executions until nothing is left to do.

        When nothing is due, time jumps to the next delayed message or retry. Recurring schedules
        never end, so they fire in `advance` and `run_until` only.

        Raises:
            RuntimeError: There is still something to do after 200,000 steps.
        """
        for _ in range(STEPS_LIMIT):
            if not self.step() and not self._pass_time():
                return
        raise RuntimeError(f"no rest after {STEPS_LIMIT:,} steps")

    def advance(self, *, seconds: float) -> None:
        """As `run_until`, for the time so many seconds from now."""
        self.run_until(self.now + round(seconds * 1000))

    def run_until(self, moment: datetime | int) -> None:
        """Let time pass up to `moment`, and do everything that becomes due.

        Events happen in the order of their due times: recurring schedules fire, delayed messages
        arrive, and whatever they cause is done before time advances.

        Args:
            moment: An aware datetime, or epoch ms.

        Raises:
            RuntimeError: There is still something to do after 200,000 steps at one time.
        """
        end = moment if isinstance(moment, int) else to_ms(moment)
        fired = self.now
        while True:
            self._do_all_due()
            fire = self.schedules.next_due(after=fired)
            due = min(each for each in (*self._due(), fire, end + 1) if each is not None)
            if due > end:
                self._move_to(end)
                return
            if due == fire:
                self._move_to(due)
                self.schedules.fire(due, times=self.chaos.deliveries)
                fired = due
            else:
                self._move_to(max(self.now + 1, due))

    def step(self) -> bool:
        """Make one delivery, or continue one execution; False if nothing is due now."""
        steps = list(self._possible_steps())
        if not steps:
            return False
        steps[0 if self.chaos.seed is None else self.random.randrange(len(steps))]()
        return True

    def wait(self, seconds: float) -> bool:
        """Do everything that is due now; if nothing is, advance the time.

        Thread-safe. Code that waits for a task calls it between two reads of the task.

        Args:
            seconds: The most that time may advance.

        Returns:
            False if nothing is due, now or ever.
        """
        if self.stage.sleep_until(self.now + round(seconds * 1000)):
            return True
        with self._turns.take():
            if not self.step():
                return self._pass_time(seconds)
            self._do_all_due()
            return True

    def _pick(self, messages: list[Any]) -> None:
        """Move messages chosen by chance to the front, as many as one delivery has."""
        for place in range(min(MESSAGES_A_CALL, len(messages))):
            other = self.random.randrange(place, len(messages))
            messages[place], messages[other] = messages[other], messages[place]

    def _do_all_due(self) -> None:
        """Do everything that is due now."""
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
        yield from self.stage.steps()

    def deliver_records(self) -> None:
        """Invoke the dispatcher with the next records of the table's stream, 100 at most."""
        records = self.stream.take(100)
        for _ in range(self.chaos.deliveries):
            self.invoke(dispatch.handler, {"Records": records}, again=True)

    def count_statistics(self) -> None:
        """Bring the statistics up to date; requests to the API that read them do so, too."""
        self.counting.offer(self.stream.newly_seen())
        self.counting.count()

    def _count(self, records: list[dict[str, Any]]) -> None:
        self.invoke(statistics.handler, {"Records": records}, again=True)

    def invoke(self, handler: Any, event: Any, *, again: bool = False, seconds: int = 300) -> Any:
        """Call a handler as Lambda would; the result is None if it crashed.

        Args:
            again: Repeat the call after a crash, as Lambda does for a stream.
            seconds: Timeout of the invocation.
        """
        while True:
            try:
                return without_event_loop(lambda: handler(event, self.context(seconds)))
            except Crash:
                if not again:
                    return None

    def _pass_time(self, within_seconds: float = math.inf) -> bool:
        """Advance to the next time at which something is due; False if nothing ever will be."""
        due = self._due()
        if not due:
            return False
        farthest = self.now + max(within_seconds * 1000, 1)
        self._move_to(int(min(max(self.now + 1, min(due)), farthest)))
        return True

    def _due(self) -> list[int]:
        """When a message becomes visible, an execution continues, a worker wakes, a call is due."""
        due = (self.deliveries, self.player, self.stage, self.side_calls)
        return [moment for each in due if (moment := each.next_due())]

    def _client(self, service: str) -> Any:
        fakes: dict[str, Any] = {
            "dynamodb": self._faulty if self.chaos.faulty else self.table,
            "s3": self.bucket,
            "sqs": self.queues,
            "sns": self.topics,
            "stepfunctions": self.executions,
            "scheduler": self.schedules,
            "cloudwatch": Metrics(self.queues),
        }
        return MeteredClient(service, fakes[service], self.meter, self._clocks.tell)
