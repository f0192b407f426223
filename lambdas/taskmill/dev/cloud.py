"""The task service in this process, in real time: fake AWS services, a consumer, one pump."""

from __future__ import annotations

import os
import random
import re
import threading
from collections.abc import Mapping
from typing import Any

from taskmill.aws.sqs.memory_queue import MemoryQueue
from taskmill.dev.attempts import DevWiring
from taskmill.dev.objects import ServedBucket
from taskmill.dev.pump import Pump
from taskmill.dev.registry import DevRegistry
from taskmill.dev.stage import RealStage
from taskmill.dev.terminal import LogLines, Terminal
from taskmill.model.clock import now_ms
from taskmill.model.keys import DEFAULT_TENANT
from taskmill.testing.chaos import Chaos
from taskmill.testing.clients import Meter, MeteredClient
from taskmill.testing.dynamodb import MemoryTable
from taskmill.testing.environment import (
    DEAD_LETTERS,
    FAILURES,
    UNREADABLE,
    function_environment,
)
from taskmill.testing.executions import ExecutionPlayer
from taskmill.testing.fakes import Executions, Metrics, Queues, Topics
from taskmill.testing.lambda_context import LambdaContext
from taskmill.testing.schedules import Schedules
from taskmill.testing.schema import TABLE_SCHEMA

# Settings of the shell that apply here, too.
_OWN = re.compile(
    "POWERTOOLS_LOG_LEVEL|TASKMILL_(IDS|TENANT|TENANT_.*|CROSS_TENANT_SUBMITS|CALLBACK_BUDGET"
    "|MAX_PAYLOAD_BYTES|MAX_CONCURRENCY|RETENTION_DAYS)"
)
GRACE_SECONDS = 0.5  # for tasks that are about to end when the developer stops them
BATCHES_AT_ONCE = 4  # of fan-outs


class RealTimeCloud:
    """A task service whose time is the real one; `start` it, and `stop` it in the end.

    Nothing polls: all threads sleep until something is due, or something changes.

    Args:
        registry: The task code.
        terminal: Where outcomes are printed.
        url: Of the HTTP server, for the URLs of payloads.
        concurrency: How many tasks run side by side.
    """

    workers: int | None = BATCHES_AT_ONCE

    def __init__(
        self, registry: DevRegistry, terminal: Terminal, *, url: str, concurrency: int
    ) -> None:
        self.pump = Pump(self)
        self.chaos = Chaos()
        self.random = random.Random()  # noqa: S311  # orders events; no secret
        self.meter = Meter()
        self.table = MemoryTable(TABLE_SCHEMA)
        self.bucket = ServedBucket(url=url)
        self.executions, self.topics = Executions(), Topics()
        self.schedules = Schedules(self._send, now_ms)
        self.stage = RealStage(self.pump.wake)
        self.wiring = DevWiring(
            _environment(),
            self._client,
            log_stream=LogLines(terminal),
            terminal=terminal,
            own_registry=registry,
        )
        self.player = ExecutionPlayer(self)
        self._consumer = self.wiring.consumer(concurrency=concurrency, grace_seconds=GRACE_SECONDS)
        self._threads = [
            threading.Thread(target=call, name=name, daemon=True)
            for name, call in (("pump", self.pump.run), ("consumer", self._consumer.run))
        ]

    def clock(self) -> int:
        return now_ms()

    def context(self, seconds: int = 900) -> LambdaContext:
        return LambdaContext(now_ms, now_ms() + seconds * 1000)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Hand back what runs, and stop."""
        self._consumer.stop()
        self._threads[1].join(GRACE_SECONDS + 2)
        self.pump.stop()
        self._threads[0].join(2)
        self.pump.counting.count()

    @property
    def urls(self) -> list[str]:
        """URLs of all queues."""
        return [*self.wiring.work_urls, FAILURES, DEAD_LETTERS, UNREADABLE]

    def queue(self, url: str) -> MemoryQueue:
        queue = self.wiring.queue_at(url)
        if not isinstance(queue, MemoryQueue):
            raise TypeError(f"{queue!r} is not in memory")
        return queue

    def _send(self, arn: str, body: str, visible_at: int) -> None:
        """Send a message to the queue with this ARN, as EventBridge Scheduler does."""
        urls = self.wiring.settings.by_lane("URL")
        by_arn = {each: urls[lane] for lane, each in self.wiring.settings.by_lane("ARN").items()}
        self.queue(by_arn[arn]).put(body, visible_at)

    def _client(self, service: str) -> Any:
        fakes: Mapping[str, Any] = {
            "dynamodb": self.table,
            "s3": self.bucket,
            "sns": self.topics,
            "stepfunctions": self.executions,
            "scheduler": self.schedules,
            "cloudwatch": Metrics(Queues(now_ms)),
        }
        return MeteredClient(service, fakes[service], self.meter, self.pump.wake)


def _environment() -> dict[str, str]:
    """What the stack would set, and of the shell what does not say where things are."""
    own = {name: value for name, value in os.environ.items() if _OWN.fullmatch(name)}
    return function_environment(modules=(), factory=None) | {
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "TASKMILL_TENANT": DEFAULT_TENANT,
        "TASKMILL_PRIORITY_QUEUE_URL": "priority-queue",
        "TASKMILL_PRIORITY_QUEUE_ARN": "arn:priority-queue",
        **own,
        "TASKMILL_QUEUE_SERVICE": "memory",
        "TASKMILL_RUNNER": "container",
    }
