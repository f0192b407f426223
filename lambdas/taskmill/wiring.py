"""Puts the parts together: the only reader of the environment, the only maker of boto3 clients."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from taskmill.clock import Clock, now_ms
from taskmill.polling import Pace

if TYPE_CHECKING:  # each function imports only what it uses: cold starts are paid by users
    from taskmill.attempts import Attempt
    from taskmill.cascade import Cascade
    from taskmill.consumer import Consumer
    from taskmill.direct import DirectRuns
    from taskmill.dispatcher import Dispatcher
    from taskmill.fanout.batch import BatchRunner
    from taskmill.fanout.finish import Finisher
    from taskmill.fanout.insert import Inserter
    from taskmill.fanout.split import Splitter
    from taskmill.ids import Ids
    from taskmill.lanes import Lane
    from taskmill.message_runner import MessageRunner
    from taskmill.notifications import Topic
    from taskmill.payloads import PayloadStore
    from taskmill.queue import Queue
    from taskmill.queue.memory import MemoryQueue
    from taskmill.registry import Registry
    from taskmill.runner import Runner
    from taskmill.scheduler import Scheduler
    from taskmill.schedules import Fires
    from taskmill.service import TaskService
    from taskmill.store import BatchStore, ClaimStore, SubtaskStore, TaskStore
    from taskmill.store.children import ChildStore
    from taskmill.store.mappings import MappingStore
    from taskmill.store.schedules import ScheduleStore
    from taskmill.store.table import Table
    from taskmill.worker import Worker
    from taskmill.workflow import Workflow

ClientMaker = Callable[[str], Any]


class MissingSetting(RuntimeError):
    """A setting this function needs is not in its environment."""


class InvalidSetting(RuntimeError):
    """A setting has a value that means nothing."""


@dataclass(frozen=True)
class Wiring:
    """Every part of the runtime, made when first asked for.

    Args:
        environment: Settings, as the CDK constructs put them into each function.
        client: Makes a boto3 client by service name.
        clock: The present in epoch milliseconds.
        sleep: Waits so many seconds.
        pace: How callers wait for a task to end.
        log_stream: Where log lines go; None: to stdout, where Lambda looks for them.
    """

    environment: Mapping[str, str]
    client: ClientMaker
    clock: Clock = now_ms
    sleep: Callable[[float], None] = time.sleep
    pace: Pace = field(default_factory=Pace)
    log_stream: Any = None

    @cached_property
    def logger(self) -> Any:
        from aws_lambda_powertools import Logger

        return Logger(
            service=self.environment.get("POWERTOOLS_SERVICE_NAME", "taskmill"),
            level=self.environment.get("POWERTOOLS_LOG_LEVEL", "INFO"),
            stream=self.log_stream,
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

        return ChildStore(self.table, retention_days=self.retention_days, clock=self.clock)

    @cached_property
    def cascade(self) -> Cascade:
        from taskmill.cascade import Cascade

        return Cascade(children=self.children, clock=self.clock)

    @cached_property
    def mappings(self) -> MappingStore:
        from taskmill.store.mappings import MappingStore

        return MappingStore(self.table, clock=self.clock)

    @cached_property
    def schedules(self) -> ScheduleStore:
        from taskmill.store.schedules import ScheduleStore

        return ScheduleStore(self.table)

    @cached_property
    def fires(self) -> Fires:
        from taskmill.schedules import Fires

        return Fires(
            schedules=self.schedules,
            tasks=self.tasks,
            payloads=self.payloads,
            registry=self.registry,
            logger=self.logger,
            clock=self.clock,
        )

    @cached_property
    def batches(self) -> BatchStore:
        from taskmill.store import BatchStore

        return BatchStore(self.table, retention_days=self.retention_days, clock=self.clock)

    @cached_property
    def payloads(self) -> PayloadStore:
        from taskmill.payloads import PayloadStore
        from taskmill.store.payload_rows import PayloadRows

        limit = int(self.environment.get("TASKMILL_MAX_PAYLOAD_BYTES", 256 * 1024 * 1024))
        return PayloadStore(
            LazyClient(self.client, "s3"),
            self._need("TASKMILL_BUCKET"),
            rows=PayloadRows(self.table, retention_days=self.retention_days, clock=self.clock),
            max_bytes=limit,
        )

    @cached_property
    def registry(self) -> Registry:
        from taskmill.registry import Registry

        modules = self.environment.get("TASKMILL_MODULES", "")
        return Registry(
            [name.strip() for name in modules.split(",") if name.strip()],
            self.environment.get("TASKMILL_FACTORY") or None,
        )

    def load_tasks(self) -> None:
        """Import the task modules. When that fails, so does every attempt, which will store why."""
        with suppress(Exception):
            self.registry.load()

    @cached_property
    def attempt(self) -> Attempt:
        from taskmill.attempts import Attempt

        return Attempt(
            registry=self.registry,
            payloads=self.payloads,
            logger=self.logger,
            clock=self.clock,
            in_lambda=self.in_lambda,
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
    def message_runner(self) -> MessageRunner:
        from taskmill.message_runner import MessageRunner

        return MessageRunner(runner=self.runner, fires=self.fires, logger=self.logger)

    @cached_property
    def worker(self) -> Worker:
        from taskmill.worker import Worker

        return Worker(
            messages=self.message_runner,
            queues={_name(url): self.queue_at(url) for url in self.work_urls},
            main=self.queue("TASKMILL_QUEUE_URL"),
        )

    def consumer(self, *, urls: Sequence[str] = (), **options: Any) -> Consumer:
        """What drains these work queues, by default all, outside Lambda."""
        from dataclasses import replace

        from taskmill.consumer import Consumer
        from taskmill.store.grouped_claims import GroupedClaims

        claims = GroupedClaims(
            self.table, retention_days=self.retention_days, logger=self.logger, clock=self.clock
        )
        runner = replace(self.runner, claims=claims)
        return Consumer(
            queues=[self.queue_at(url) for url in urls or self.work_urls],
            messages=replace(self.message_runner, runner=runner),
            logger=self.logger,
            clock=self.clock,
            **options,
        )

    @property
    def work_urls(self) -> list[str]:
        """The work queues, in the order in which a consumer asks them."""
        from taskmill.lanes import IN_ORDER

        settings = self._by_lane("URL")
        return list(dict.fromkeys(self._need(settings[lane]) for lane in IN_ORDER))

    @property
    def in_lambda(self) -> bool:
        """Whether this process runs tasks within Lambda's limits: as `TASKMILL_RUNNER` says."""
        known = {"lambda": True, "container": False}
        default = "lambda" if "AWS_LAMBDA_FUNCTION_NAME" in self.environment else "container"
        runner = self.environment.get("TASKMILL_RUNNER") or default
        if runner not in known:
            raise InvalidSetting(f"TASKMILL_RUNNER is {runner!r}: lambda or container")
        return known[runner]

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
        from taskmill.emitters.callbacks import CallbackEmitter
        from taskmill.emitters.children import ChildEmitter
        from taskmill.emitters.messages import WorkEmitter
        from taskmill.emitters.notices import NoticeEmitter
        from taskmill.emitters.schedules import ScheduleEmitter

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
                CallbackEmitter(
                    tasks=self.tasks,
                    mappings=self.mappings,
                    payloads=self.payloads,
                    registry=lambda: self.registry,
                    alarm_topic=self._topic("TASKMILL_ALARM_TOPIC_ARN"),
                    clock=self.clock,
                ),
                ScheduleEmitter(
                    schedules=self.schedules, scheduler=self.scheduler, clock=self.clock
                ),
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
            schedules=self.schedules,
            mappings=self.mappings,
            payloads=self.payloads,
            inserter=self.inserter,
            registry=self.registry,
            alarm_topic=self._topic(alarms) if alarms in self.environment else None,
            direct=self.direct,
            pace=self.pace,
            ids=self.ids,
            clock=self.clock,
        )

    @cached_property
    def ids(self) -> Ids:
        from taskmill.ids import Ids
        from taskmill.store.counters import Counters

        return Ids(self.environment.get("TASKMILL_IDS") or "ulid", Counters(self.table))

    @cached_property
    def direct(self) -> DirectRuns:
        from taskmill.direct import DirectRuns

        return DirectRuns(
            runner=lambda: self.runner,
            tasks=self.tasks,
            registry=self.registry,
            always=_is_on(self.environment.get("TASKMILL_EXECUTE_NOW")),
            in_lambda=self.in_lambda,
            clock=self.clock,
            sleep=self.sleep,
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
        return self.queue_at(self._need(setting))

    @cached_property
    def queue_at(self) -> Callable[[str], Queue]:
        """Gives the queue of a URL, of the kind that `TASKMILL_QUEUE_SERVICE` names."""
        service = self.environment.get("TASKMILL_QUEUE_SERVICE") or "sqs"
        if service == "sqs":
            from taskmill.queue.sqs import SqsQueue

            return lambda url: SqsQueue(LazyClient(self.client, "sqs"), url)
        if service == "memory":
            return self._memory_queues
        from taskmill.queue.choice import own_queues

        try:
            make = own_queues(service)
        except ValueError as wrong:
            raise InvalidSetting(f"TASKMILL_QUEUE_SERVICE: {wrong}") from wrong
        return cache(lambda url: make(self.client, url))

    @cached_property
    def _memory_queues(self) -> Callable[[str], MemoryQueue]:
        return cache(self._memory_queue)

    def _memory_queue(self, url: str) -> MemoryQueue:
        from taskmill.queue.memory import MemoryQueue

        own = "TASKMILL_DEAD_LETTERS_URL", "TASKMILL_FAILURE_QUEUE_URL"
        last = url in [self.environment.get(setting) for setting in own]
        dead = None if last else self.environment.get(own[0])
        return MemoryQueue(
            clock=self.clock, dead_letters=self._memory_queues(dead) if dead else None
        )

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


def _name(url: str) -> str:
    """A queue's name: how its URL and its ARN end."""
    return url.rpartition("/")[2]


_INITIALIZATION = "AWS_LAMBDA_INITIALIZATION_TYPE"
_IN_USE: list[Wiring] = []


def current() -> Wiring:
    """The wiring of this process: from its environment, unless a test put another in use."""
    return _IN_USE[-1] if _IN_USE else _from_environment()


def is_wired() -> bool:
    """Whether this process has a table of its own; if not, it can reach tasks over HTTP only."""
    return setting("TASKMILL_TABLE") is not None


def setting(name: str) -> str | None:
    """A setting of this process, without making a wiring for it."""
    environment = _IN_USE[-1].environment if _IN_USE else os.environ
    return environment.get(name) or None


def is_function() -> bool:
    """Whether this process is one of Lambda's."""
    return setting("AWS_LAMBDA_FUNCTION_NAME") is not None


def is_snapshot() -> bool:
    """Whether others continue from where this process is now."""
    return setting(_INITIALIZATION) == "snap-start"


def starts_ahead() -> bool:
    """Whether this process starts before there is an event for it."""
    return is_snapshot() or setting(_INITIALIZATION) == "provisioned-concurrency"


def executes_now() -> bool:
    """Whether tasks are to run in the process that submits them, unless that says otherwise."""
    return _is_on(setting("TASKMILL_EXECUTE_NOW"))


def _is_on(text: str | None) -> bool:
    return (text or "").lower() in ("1", "true", "yes")


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
    return wired(os.environ)


def forget() -> None:
    """Drop this process's wiring, with all its clients; what asks for it next gets a new one."""
    _from_environment.cache_clear()


def wired(
    environment: Mapping[str, str],
    *,
    session: Any = None,
    endpoint_url: str | None = None,
    connections: int = 20,
    log_stream: Any = None,
) -> Wiring:
    """A wiring to AWS.

    Args:
        session: A boto3 session; by default one of botocore, as AWS's own settings say: without
            boto3 around it, a function starts a fifth sooner.
        endpoint_url: Of a local cloud.
        connections: Kept to each service; 20 serve the splitter's threads.
        log_stream: See `Wiring`.
    """
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=connections,
        parameter_validation=False,  # AWS checks as well; of a batch it is half of a call's CPU
        user_agent="taskmill",  # botocore's own is put together anew for each call: an eighth of it
    )
    # Without this, presigned addresses leave their headers unsigned: an upload could change.
    signed = config.merge(Config(signature_version="s3v4"))
    make = session.client if session else _new_session().create_client
    one_at_a_time = threading.Lock()  # clients may be used by many threads, but made by one only

    @cache
    def client(service: str) -> Any:
        with one_at_a_time:
            chosen = signed if service == "s3" else config
            return make(service, config=chosen, endpoint_url=endpoint_url)

    return Wiring(environment, client, log_stream=log_stream)


def _new_session() -> Any:
    """A session of botocore with credentials of its own; service models are read once a process."""
    from botocore.session import get_session

    session = get_session()
    session.register_component("data_loader", _service_models())
    return session


@cache
def _service_models() -> Any:
    from botocore.session import get_session

    return get_session().get_component("data_loader")
