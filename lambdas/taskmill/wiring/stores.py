"""Wiring shared by all functions: the table's stores, payloads, queues, topics, logger."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from taskmill.functions.polling import Pace
from taskmill.model.clock import Clock, now_ms
from taskmill.model.lanes import IN_ORDER, ByLane, Lane
from taskmill.model.shown_text import log_line
from taskmill.wiring.clients import ClientMaker, LazyClient
from taskmill.wiring.settings import InvalidSetting, Settings

if TYPE_CHECKING:  # each function imports only what it uses, for short cold starts
    from taskmill.aws.dynamodb.batches import BatchStore
    from taskmill.aws.dynamodb.callback_mappings import MappingStore
    from taskmill.aws.dynamodb.children import ChildStore
    from taskmill.aws.dynamodb.claims import ClaimStore
    from taskmill.aws.dynamodb.schedules import ScheduleStore
    from taskmill.aws.dynamodb.subtask_reads import SubtaskReads
    from taskmill.aws.dynamodb.subtasks import SubtaskStore
    from taskmill.aws.dynamodb.table import Table
    from taskmill.aws.dynamodb.tasks import TaskStore
    from taskmill.aws.hints import Hints
    from taskmill.aws.s3.payloads import PayloadStore
    from taskmill.aws.sns import Topic
    from taskmill.aws.sqs.memory_queue import MemoryQueue
    from taskmill.aws.sqs.protocol import Queue
    from taskmill.aws.starts import Starts
    from taskmill.functions.registry import Registry
    from taskmill.work.side_calls import SideCalls


@dataclass(frozen=True)
class Stores:
    """The objects that use AWS services; each is made at its first use.

    The parts that other functions add are plain subclasses: they have no fields of their own, and
    each class that `dataclass` writes takes a millisecond of every cold start.

    Args:
        environment: The settings, as environment variables (see `Settings`).
        client: Makes a boto3 client by service name.
        clock: Returns the current time in epoch milliseconds.
        sleep: Waits the given number of seconds.
        pace: How often handles poll while they wait for a task.
        log_stream: Where log lines go; None: stdout, from which Lambda collects them.
        side_calls: Starts threads and timers; None: real ones.
    """

    environment: Mapping[str, str]
    client: ClientMaker
    clock: Clock = now_ms
    sleep: Callable[[float], None] = time.sleep
    pace: Pace = field(default_factory=Pace)
    log_stream: Any = None
    side_calls: SideCalls | None = None

    @cached_property
    def settings(self) -> Settings:
        return Settings.of(self.environment)

    @cached_property
    def logger(self) -> Any:
        from aws_lambda_powertools import Logger

        settings = self.settings
        return Logger(
            service=settings.log_service,
            level=settings.log_level,
            stream=self.log_stream,
            json_serializer=log_line,  # that of Powertools fails at a lone surrogate
        )

    @cached_property
    def registry(self) -> Registry:
        from taskmill.functions.registry import Registry
        from taskmill.model.pools import Pools

        settings = self.settings
        pools = Pools(settings.pools)
        return Registry(settings.modules, settings.factory, pools, settings.redact)

    # DynamoDB

    @cached_property
    def table(self) -> Table:
        from taskmill.aws.dynamodb.table import Table

        return Table(
            self.client("dynamodb"), self.settings.need("TASKMILL_TABLE"), sleep=self.sleep
        )

    @cached_property
    def tasks(self) -> TaskStore:
        from taskmill.aws.dynamodb.tasks import TaskStore

        return TaskStore(self.table, **self._row_options)

    @cached_property
    def claims(self) -> ClaimStore:
        from taskmill.aws.dynamodb.claims import ClaimStore

        return ClaimStore(self.table, **self._row_options)

    @cached_property
    def subtasks(self) -> SubtaskStore:
        from taskmill.aws.dynamodb.subtasks import SubtaskStore

        return SubtaskStore(self.table, **self._row_options)

    @cached_property
    def children(self) -> ChildStore:
        from taskmill.aws.dynamodb.children import ChildStore

        return ChildStore(self.table, **self._row_options)

    @cached_property
    def batches(self) -> BatchStore:
        from taskmill.aws.dynamodb.batches import BatchStore

        return BatchStore(self.table, **self._row_options)

    @cached_property
    def subtask_reads(self) -> SubtaskReads:
        from taskmill.aws.dynamodb.subtask_reads import SubtaskReads

        return SubtaskReads(tasks=self.tasks, subtasks=self.subtasks, batches=self.batches)

    @cached_property
    def mappings(self) -> MappingStore:
        from taskmill.aws.dynamodb.callback_mappings import MappingStore

        return MappingStore(self.table, clock=self.clock)

    @cached_property
    def schedules(self) -> ScheduleStore:
        from taskmill.aws.dynamodb.schedules import ScheduleStore

        return ScheduleStore(self.table)

    @property
    def _row_options(self) -> dict[str, Any]:
        return {"retention_days": self.settings.retention_days, "clock": self.clock}

    # S3

    @cached_property
    def payloads(self) -> PayloadStore:
        from taskmill.aws.dynamodb.payload_rows import PayloadRows
        from taskmill.aws.s3.payloads import PayloadStore

        return PayloadStore(
            LazyClient(self.client, "s3"),
            self.settings.need("TASKMILL_BUCKET"),
            rows=PayloadRows(self.table, **self._row_options),
            max_bytes=self.settings.max_payload_bytes,
            memory_bytes=self.settings.memory_bytes,
        )

    # Queues

    @property
    def work_urls(self) -> list[str]:
        """URLs of the work queues, in the order in which a consumer polls them."""
        urls = self.settings.by_lane("URL")
        return list(dict.fromkeys(urls[lane] for lane in IN_ORDER))

    @property
    def pool_urls(self) -> list[str]:
        """URLs of the queues of worker pools, as far as they are known here."""
        return [url for _, url in self.settings.pool_urls]

    @cached_property
    def lanes(self) -> ByLane[Queue]:
        """The work queue of each lane; a lane without a queue of its own uses the normal one."""
        urls = self.settings.by_lane("URL")
        queues = {url: self.queue_at(url) for url in set(urls.values())}
        return ByLane({lane: queues[url] for lane, url in urls.items()})

    @cached_property
    def starts(self) -> Starts:
        """Stores new tasks, and sends them if this process knows the queue of their lane."""
        from taskmill.aws.starts import Starts

        return Starts(
            self.tasks,
            self._known_lanes,
            warn=self._warn,
            clock=self.clock,
        )

    @cached_property
    def hints(self) -> Hints | None:
        """Wakes parents from where their children end; None if this process sends nothing."""
        from taskmill.aws.hints import Hints

        lanes = self._known_lanes
        return Hints(tasks=self.tasks, lanes=lanes, logger=self.logger) if lanes else None

    def _warn(self, message: str, **fields: Any) -> None:
        self.logger.warning(message, **fields)

    @property
    def _known_lanes(self) -> Mapping[Lane, Queue]:
        """The lanes whose own queue this process knows; another one may have one elsewhere."""
        if not self.settings.fast_start or self.settings.queue_url is None:
            return {}
        urls = self.settings.by_lane("URL")
        normal = urls[Lane.NORMAL]
        known = (lane for lane, url in urls.items() if lane is Lane.NORMAL or url != normal)
        return {lane: self.lanes[lane] for lane in known}

    def queue(self, setting: str) -> Queue:
        """The queue whose URL is in this environment variable."""
        return self.queue_at(self.settings.need(setting))

    @cached_property
    def queue_at(self) -> Callable[[str], Queue]:
        """Returns the queue at a URL; `TASKMILL_QUEUE_SERVICE` chooses its implementation."""
        service = self.settings.queue_service
        if service == "sqs":
            from taskmill.aws.sqs.sqs_queue import SqsQueue

            return lambda url: SqsQueue(LazyClient(self.client, "sqs"), url)
        if service == "memory":
            return self._memory_queues
        from taskmill.aws.sqs.own_queues import own_queues

        try:
            make = own_queues(service)
        except ValueError as wrong:
            raise InvalidSetting(f"TASKMILL_QUEUE_SERVICE: {wrong}") from wrong
        return cache(lambda url: make(self.client, url))

    @cached_property
    def _memory_queues(self) -> Callable[[str], MemoryQueue]:
        return cache(self._memory_queue)

    def _memory_queue(self, url: str) -> MemoryQueue:
        from taskmill.aws.sqs.memory_queue import MemoryQueue

        dead = self.settings.dead_letters_url
        last = url in (dead, self.settings.failure_queue_url, self.settings.unreadable_url)
        dead_letters = self._memory_queues(dead) if dead and not last else None
        return MemoryQueue(clock=self.clock, dead_letters=dead_letters)

    # SNS

    def topic(self, setting: str) -> Topic:
        """The topic whose ARN is in this environment variable."""
        from taskmill.aws.sns import Topic

        return Topic(LazyClient(self.client, "sns"), self.settings.need(setting))

    def oldest_sent_at(self, url: str, now: int) -> int | None:
        """Since when (epoch ms) the oldest message of a queue is there, as CloudWatch knows it.

        Returns:
            None: it is not known, as of queues that are not SQS.
        """
        from taskmill.aws.sqs.queue_age import QueueAge

        if self.settings.queue_service != "sqs":
            return None
        cloudwatch, sqs = (LazyClient(self.client, each) for each in ("cloudwatch", "sqs"))
        return QueueAge(cloudwatch, sqs, url).oldest_sent_at(now)
