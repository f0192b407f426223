"""Reports of `taskmill work`: a live line in a terminal, else JSON log lines."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from taskmill.cli.output import Output

if TYPE_CHECKING:
    from rich.text import Text

    from taskmill.work.consumer.consumer import Consumer

RATE_SECONDS = 10.0  # time span over which the shown rate is averaged


class Report(Protocol):
    """Reports the run of a consumer."""

    def running(self, consumer: Consumer) -> AbstractContextManager[None]:
        """Report the consumer while the context is open."""
        ...

    def stopping(self, running: int) -> None:
        """Report that the consumer stops, with the number of tasks that still run."""
        ...

    def stopped(self, done: int, handed_back: int) -> None:
        """Report the end: messages that are done, and tasks handed back to their queues."""
        ...


def report_of(output: Output, logger: Any) -> Report:
    """The report that suits stderr."""
    if output.err.is_terminal and not output.as_json:
        return Screen(output)
    return Lines(logger)


@dataclass(frozen=True)
class Lines:
    """Reports by JSON log lines, in the same stream as those of the tasks."""

    logger: Any

    @contextmanager
    def running(self, consumer: Consumer) -> Iterator[None]:
        self.logger.info(
            "consumer started", concurrency=consumer.concurrency, task_types=_task_types()
        )
        yield

    def stopping(self, running: int) -> None:
        self.logger.info("consumer stopping", running=running)

    def stopped(self, done: int, handed_back: int) -> None:
        self.logger.info("consumer stopped", done=done, handed_back=handed_back)


@dataclass(frozen=True)
class Screen:
    """Reports by a line at the bottom of a terminal, which is updated four times a second."""

    output: Output

    @contextmanager
    def running(self, consumer: Consumer) -> Iterator[None]:
        from rich.live import Live

        types = ", ".join(_task_types()) or "none"
        self.output.note(f"working, {consumer.concurrency} at a time; task types: {types}")
        gauge = Gauge(consumer)
        with Live(
            get_renderable=gauge.line, console=self.output.err, refresh_per_second=4, transient=True
        ):
            yield

    def stopping(self, running: int) -> None:
        if running:
            self.output.note(f"stopping, {running} still running; Ctrl-C again ends at once")

    def stopped(self, done: int, handed_back: int) -> None:
        left = f", {handed_back} handed back" if handed_back else ""
        self.output.note(f"stopped: {done:,} done{left}")


class Gauge:
    """Counts and rate of a consumer, as text."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._marks = deque([(time.monotonic(), 0)])  # time, messages done by then

    def line(self) -> Text:
        from rich.text import Text

        return Text(
            f"{self._consumer.done:,} done, {self._consumer.running} running,"
            f" {self.rate():.1f} a second"
        )

    def rate(self) -> float:
        """Messages per second, over the last 10 s."""
        now = time.monotonic()
        self._marks.append((now, self._consumer.done))
        while len(self._marks) > 2 and now - self._marks[0][0] > RATE_SECONDS:
            self._marks.popleft()
        (began, before), (_, done) = self._marks[0], self._marks[-1]
        return (done - before) / max(now - began, 0.001)


def _task_types() -> list[str]:
    from taskmill.functions.known_functions import FUNCTIONS

    return sorted(FUNCTIONS)
