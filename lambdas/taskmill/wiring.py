"""Puts the parts together: the only reader of the environment, the only maker of boto3 clients."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from taskmill.clock import Clock, now_ms

if TYPE_CHECKING:  # each function imports only what it uses: cold starts are paid by users
    from taskmill.attempts import Attempt
    from taskmill.cascade import Cascade
    from taskmill.dispatcher import Dispatcher
    from taskmill.fanout.batch import BatchRunner
    from taskmill.fanout.finish import Finisher
    from taskmill.fanout.insert import Inserter
    from taskmill.fanout.split import Splitter
    from taskmill.lanes import Lane
    from taskmill.notifications import Topic
    from taskmill.payloads import PayloadStore
    from taskmill.queue import Queue
    from taskmill.registry import Registry
    from taskmill.runner import Runner
    from taskmill.scheduler import Scheduler
    from taskmill.service import TaskService
    from taskmill.store import BatchStore, ClaimStore, SubtaskStore, TaskStore
    from taskmill.store.children import ChildStore
    from taskmill.store.table import Table
    from taskmill.workflow import Workflow

ClientMaker = Callable[[str], Any]


class MissingSetting(RuntimeError):
    """A setting this function needs is not in its environment."""


@dataclass(frozen=True)
class Wiring:
    """Every part of the runtime, made when first asked for.

    Args:
        environment: Settings, as the CDK constructs put them into each function.
        client: Makes a boto3 client by service name.
        clock: The present in epoch milliseconds.
        sleep: Waits so many seconds.
    """

    environment: Mapping[str, str]
    client: ClientMaker
    clock: Clock = now_ms
    sleep: Callable[[float], None] = time.sleep

    @cached_property
    def logger(self) -> Any:
        from aws_lambda_powertools import Logger

        return Logger(
            service=self.environment.get("POWERTOOLS_SERVICE_NAME", "taskmill"),
            level=self.environment.get("POWERTOOLS_LOG_LEVEL", "INFO"),
        )

    @cached_property
    def table(self) -> Table:
        from taskmill.store.table import Table

        return Table(self.client("dynamodb"), self._need("TASKMILL_TABLE"))

    @cached_property
    def tasks(self) -> TaskStore:
        from taskmill.store import TaskStore

        return TaskStore(self.table, retention_days=self.retention_days, clock=self.clock)

    @cached_property
    def claims(self) -> ClaimStore:
        from taskmill.store import ClaimStore

        return ClaimStore(self.table, retention_days=self.retention_days, clock=self.clock)

    @cached_property
    def subtasks(self) -> SubtaskStore:
        from taskmill.store import SubtaskStore

        return SubtaskStore(self.table, retention_days=self.retention_days, clock=self.clock)

    @cached_property
    def children(self) -> ChildStore:
        from taskmill.store.children import ChildStore

        return ChildStore(
            self.table, retention_days=self.retention_days, clock=self.clock
        )

    @cached_property
    def cascade(self) -> Cascade:
        from taskmill.cascade import Cascade

        return Cascade(children=self.children, clock=self.clock)

    @cached_property
    def batches(self) -> BatchStore:
        from taskmill.store import BatchStore

        return BatchStore(self.table, retention_days=self.retention_days, clock=self.clock)

    @cached_property
    def payloads(self) -> PayloadStore:
        from taskmill.payloads import PayloadStore

        limit = int(self.environment.get("TASKMILL_MAX_PAYLOAD_BYTES", 256 * 1024 * 1024))
        return PayloadStore(
            LazyClient(self.client, "s3"), self._need("TASKMILL_BUCKET"), max_bytes=limit
        )

    @cached_property
    def registry(self) -> Registry:
        from taskmill.registry import Registry

        modules = self.environment.get("TASKMILL_MODULES", "")
        return Registry(
            [name.strip() for name in modules.split(",") if name.strip()],
            self.environment.get("TASKMILL_FACTORY") or None,
        )

    @cached_property
    def attempt(self) -> Attempt:
        from taskmill.attempts import Attempt

        return Attempt(
            registry=self.registry, payloads=self.payloads, logger=self.logger, clock=self.clock
        )

    @cached_property
    def runner(self) -> Runner:
        from taskmill.runner import Runner

        return Runner(
            tasks=self.tasks,
            subtasks=self.subtasks,
            claims=self.claims,
            children=self.children,
            cascade=self.cascade,
            attempt=self.attempt,
            logger=self.logger,
            clock=self.clock,
        )

    @cached_property
    def inserter(self) -> Inserter:
        from taskmill.fanout.insert import Inserter

        return Inserter(subtasks=self.subtasks, payloads=self.payloads, clock=self.clock)

    @cached_property
    def splitter(self) -> Splitter:
        from taskmill.fanout.split import Splitter

        return Splitter(
            tasks=self.tasks,
            subtasks=self.subtasks,
            batches=self.batches,
            inserter=self.inserter,
            max_concurrency=int(self.environment.get("TASKMILL_MAX_CONCURRENCY", 100)),
            clock=self.clock,
        )

    @cached_property
    def batch_runner(self) -> BatchRunner:
        from taskmill.fanout.batch import BatchRunner

        return BatchRunner(
            tasks=self.tasks,
            subtasks=self.subtasks,
            batches=self.batches,
            attempt=self.attempt,
            clock=self.clock,
            sleep=self.sleep,
        )

    @cached_property
    def finisher(self) -> Finisher:
        from taskmill.fanout.finish import Finisher

        return Finisher(
            tasks=self.tasks, subtasks=self.subtasks, batches=self.batches, logger=self.logger
        )

    @cached_property
    def dispatcher(self) -> Dispatcher:
        from taskmill.dispatcher import Dispatcher
        from taskmill.emitters.batches import BatchEmitter
        from taskmill.emitters.children import ChildEmitter
        from taskmill.emitters.messages import WorkEmitter
        from taskmill.emitters.notices import NoticeEmitter

        return Dispatcher(
            failures=self.queue("TASKMILL_FAILURE_QUEUE_URL"),
            emitters=[
                WorkEmitter(
                    tasks=self.tasks,
                    lanes=self.lanes,
                    workflow=self.workflow,
                    scheduler=self.scheduler,
                    clock=self.clock,
                ),
                BatchEmitter(batches=self.batches),
                ChildEmitter(tasks=self.tasks, children=self.children, cascade=self.cascade),
                NoticeEmitter(
                    table_name=self.table.name,
                    status_topic=self._topic("TASKMILL_STATUS_TOPIC_ARN"),
                    alarm_topic=self._topic("TASKMILL_ALARM_TOPIC_ARN"),
                ),
            ],
            logger=self.logger,
        )

    @cached_property
    def lanes(self) -> Mapping[Lane, Queue]:
        """The work queues; a stack without a queue of its own for a lane has it on the first."""
        urls = self._by_lane("URL")
        queues = {setting: self.queue(setting) for setting in set(urls.values())}
        return {lane: queues[setting] for lane, setting in urls.items()}

    @cached_property
    def service(self) -> TaskService:
        from taskmill.service import TaskService

        alarms = "TASKMILL_ALARM_TOPIC_ARN"
        return TaskService(
            tasks=self.tasks,
            subtasks=self.subtasks,
            children=self.children,
            payloads=self.payloads,
            inserter=self.inserter,
            registry=self.registry,
            alarm_topic=self._topic(alarms) if alarms in self.environment else None,
            clock=self.clock,
        )

    @cached_property
    def workflow(self) -> Workflow:
        from taskmill.workflow import Workflow

        client = LazyClient(self.client, "stepfunctions")
        return Workflow(client, self._need("TASKMILL_STATE_MACHINE_ARN"))

    @cached_property
    def scheduler(self) -> Scheduler:
        from taskmill.scheduler import Scheduler

        return Scheduler(
            LazyClient(self.client, "scheduler"),
            group=self._need("TASKMILL_SCHEDULE_GROUP"),
            role_arn=self._need("TASKMILL_SCHEDULE_ROLE_ARN"),
            queue_arns={lane: self._need(each) for lane, each in self._by_lane("ARN").items()},
        )

    def queue(self, setting: str) -> Queue:
        """The queue whose URL is in this setting."""
        from taskmill.queue import Queue

        return Queue(LazyClient(self.client, "sqs"), self._need(setting))

    @property
    def retention_days(self) -> int:
        return int(self.environment.get("TASKMILL_RETENTION_DAYS", 90))

    @property
    def tenant_claim(self) -> str | None:
        """The token claim that must equal the path's tenant; None: the policy confines callers."""
        return self.environment.get("TASKMILL_TENANT_CLAIM") or None

    def _topic(self, setting: str) -> Topic:
        from taskmill.notifications import Topic

        return Topic(LazyClient(self.client, "sns"), self._need(setting))

    def _by_lane(self, what: str) -> dict[Lane, str]:
        """The setting that holds each lane's queue."""
        from taskmill.lanes import Lane

        normal = f"TASKMILL_QUEUE_{what}"
        own = {lane: f"TASKMILL_{lane.upper()}_QUEUE_{what}" for lane in Lane}
        return {lane: each if self.environment.get(each) else normal for lane, each in own.items()}

    def _need(self, setting: str) -> str:
        try:
            return self.environment[setting]
        except KeyError:
            raise MissingSetting(f"{setting} is not set") from None


class LazyClient:
    """A boto3 client made at its first call: most invocations need one or two of five."""

    def __init__(self, make: ClientMaker, service: str) -> None:
        self._make = make
        self._service = service

    @cached_property
    def _client(self) -> Any:
        return self._make(self._service)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


_IN_USE: list[Wiring] = []


def current() -> Wiring:
    """The wiring of this process: from its environment, unless a test put another in use."""
    return _IN_USE[-1] if _IN_USE else _from_environment()


@contextmanager
def use(wiring: Wiring) -> Iterator[None]:
    """Let handlers work with this wiring for a while."""
    _IN_USE.append(wiring)
    try:
        yield
    finally:
        _IN_USE.remove(wiring)


@cache
def _from_environment() -> Wiring:
    import boto3
    from botocore.config import Config

    # 20 connections serve the splitter's threads.
    config = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=20)
    # Without this, presigned addresses leave their headers unsigned: an upload could change.
    signed = config.merge(Config(signature_version="s3v4"))
    session = boto3.Session()
    clients = cache(
        lambda service: session.client(service, config=signed if service == "s3" else config)
    )
    return Wiring(os.environ, clients)
