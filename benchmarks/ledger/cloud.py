"""The in-process cloud with a ledger: the real handlers, and what AWS would bill around them.

What the driver does not play is entered by these rules:

- a delivery of a queue to a function is one receive and, unless every message is handed back, one
  delete, made by Lambda's poller: up to 10 messages each;
- Lambda reads the stream at no charge;
- an HTTP request is one of the gateway for every 512 KB begun, and a call of the API function;
- an execution is a transition for each state entered, retries included: split, the Map, finish; of
  the Map, one for each child execution that it starts and one for each try of that child's only
  state (Step Functions' developer guide, "Transitions in Distributed Map state").
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self

from benchmarks.ledger.bills import requests
from benchmarks.ledger.counted import CountedClient, Ledger
from benchmarks.ledger.logs import SERVICE, STREAM
from benchmarks.ledger.stream import FilteredStream
from benchmarks.ledger.usage import CALLER, GATEWAY, POLLER, WORKFLOW, Usage, What
from taskmill.handlers import dead_letters, dispatch, work
from taskmill.testing import InProcessCloud
from taskmill.testing.executions import ExecutionPlayer
from taskmill.testing.http import Answer, InProcessApi

TENANT = "acme"
TASKS = "benchmarks.tasks.bench_tasks"
FUNCTIONS = {
    dispatch.handler: "dispatcher",
    work.handler: "worker",
    dead_letters.handler: "dead letters",
}
STARTS_AT_MS = 1_767_323_045_678  # DynamoDB drops zeros at a number's end, so sizes vary with time
GATEWAY_CHUNK = 512 * 1024  # bytes that an HTTP API bills as one request
HAND_BACK = "sqs.change_message_visibility_batch"
_INSIDE: ContextVar[str] = ContextVar("ledger_inside", default=CALLER)  # of several at a time


class CountedPlayer(ExecutionPlayer):
    """Plays executions and counts their states."""

    def __init__(self, cloud: LedgerCloud) -> None:
        super().__init__(cloud)
        self._ledger_cloud = cloud

    def _play(self, name: str) -> Iterator[Any]:
        self._enter("Map")
        return super()._play(name)

    def _batch(self, event: dict[str, Any]) -> Iterator[Any]:
        self._enter("child execution")
        return super()._batch(event)

    def _try(self, step: str, handler: Any, event: dict[str, Any]) -> Any:
        def counted(event: Any, context: Any) -> Any:
            self._enter(step)
            with self._ledger_cloud.inside(step):
                return handler(event, context)

        return super()._try(step, counted, event)

    def _enter(self, state: str) -> None:
        self._ledger_cloud.usage.add(What.TRANSITIONS, WORKFLOW, state)


@dataclass
class LedgerCloud(InProcessCloud):
    """Runs tasks and knows what they use.

    Args:
        steps_at_once: Steps of executions between two deliveries of the stream. With 1 every
            batch is counted by itself; on AWS, where 100 run at once, several close meanwhile.
    """

    steps_at_once: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.now = STARTS_AT_MS
        self._inside = [CALLER]
        self._steps = 0

    def __enter__(self) -> Self:
        logged = {"POWERTOOLS_LOG_LEVEL": "INFO", "POWERTOOLS_SERVICE_NAME": SERVICE}
        self.environment = {**logged, **self.environment}
        super().__enter__()
        STREAM.cloud = self
        self.player = CountedPlayer(self)
        self.stream = FilteredStream(self.table.records)
        self.ledger = Ledger(self.table, self._where)
        return self

    def _log_stream(self) -> Any:
        return STREAM

    def __exit__(self, *error: object) -> None:
        STREAM.cloud = None
        super().__exit__(*error)

    @property
    def usage(self) -> Usage:
        return self.ledger.usage

    def post(self, path: str, body: Any) -> Answer:
        """A request to the HTTP API."""
        size = len(json.dumps(body).encode())
        self.usage.add(What.API_REQUESTS, GATEWAY, "request", math.ceil(size / GATEWAY_CHUNK))
        with self.inside("api"):
            answer = InProcessApi().post(f"/v1/tenants/{TENANT}/{path}", body)
        if answer.status >= 400:
            raise RuntimeError(f"{path}: {answer.status} {answer.body}")
        return answer

    def upload(self, lines: bytes) -> str:
        """What a client does for a large input: asks where to put it, and puts it there."""
        ref: str = self.post("uploads", {"size": len(lines)}).body["inputRef"]
        self.bucket.put_object(Key=ref, Body=lines)
        self.usage.add(What.S3_PUTS, CALLER, "s3.put_object (presigned)")
        self.usage.add(What.BYTES, CALLER, "s3.put_object (presigned)", len(lines))
        return ref

    def used(self, work: Callable[[LedgerCloud], object]) -> Usage:
        """What some work and everything that follows from it uses."""
        before, records = self.usage.copy(), len(self.table.records)
        work(self)
        self.run()
        used = self.usage - before
        used.add(What.STREAM_RECORDS, "stream", "record", len(self.table.records) - records)
        return used

    @contextmanager
    def inside(self, function: str) -> Iterator[None]:
        """Whatever is called meanwhile, this function calls."""
        self.usage.add(What.FUNCTION_CALLS, function, "invocation")
        self._inside.append(function)
        token = _INSIDE.set(function)
        try:
            yield
        finally:
            _INSIDE.reset(token)
            self._inside.pop()

    def invoke(self, handler: Any, event: Any, **options: Any) -> Any:
        with self.inside(FUNCTIONS[handler]):
            answer = super().invoke(handler, event, **options)
        records = event["Records"]
        if records and records[0].get("eventSource") == "aws:sqs":
            self._enter_delivery(records, answer)
        return answer

    def _where(self, operation: str) -> str:
        """Who makes a call: the function at work, or the caller."""
        if not self.workers:
            return self._inside[-1]  # also of the threads that a function starts
        # A timer hands messages back, in none of the threads that run invocations.
        return "worker" if operation == HAND_BACK else _INSIDE.get()

    def _enter_delivery(self, records: list[Any], answer: Any) -> None:
        size = sum(len(each["body"].encode()) for each in records)
        self.usage.add(What.FAIR_QUEUE_REQUESTS, POLLER, "sqs.receive_message", requests(size))
        kept = len(records) if answer is None else len(answer["batchItemFailures"])
        if kept < len(records):
            self.usage.add(What.FAIR_QUEUE_REQUESTS, POLLER, "sqs.delete_message_batch")

    def _possible_steps(self) -> Iterator[Callable[[], None]]:
        """The same things in another order: a few steps of executions, then all the rest.

        With several workers the stream is delivered when they have nothing left to do for now: as
        under load, where its deliveries are full.
        """
        if self.workers:
            steps = list(super()._possible_steps())
            yield from [step for step in steps if step != self.deliver_records] or steps
            return
        if not self.stream.pending() and not any(True for _ in self.deliveries.steps()):
            self._steps = 0
        if self._steps < self.steps_at_once and self.player.ready():
            yield self._play_first
        else:
            yield from super()._possible_steps()

    def _play_first(self) -> None:
        self._steps += 1
        self.player.step()

    def _client(self, service: str) -> Any:
        return CountedClient(service, super()._client(service), self.ledger)
