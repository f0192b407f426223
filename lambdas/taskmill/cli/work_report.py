"""What a consumer tells: a live line in a terminal, JSON log lines elsewhere."""

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

RATE_SECONDS = 10.0  # the span that the shown rate is of


class Report(Protocol):
    """How a consumer's run is told."""

    def running(self, consumer: Consumer) -> AbstractContextManager[None]:
        """Tell of it while it runs."""
        ...

    def stopping(self, running: int) -> None:
        """It was told to stop; so many tasks still run."""
        ...

    def stopped(self, done: int, handed_back: int) -> None:
        """It has stopped."""
        ...


def report_of(output: Output, logger: Any) -> Report:
    """What suits the place that stderr leads to."""
    if output.err.is_terminal and not output.as_json:
        return Screen(output)
    return Lines(logger)


@dataclass(frozen=True)
class Lines:
    """JSON log lines; the tasks' own go among them."""

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
    """A line at the bottom of a terminal that is kept up to date."""

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
    """How much a consumer has done, and how fast it is."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._marks = deque([(time.monotonic(), 0)])  # moment, done by then

    def line(self) -> Text:
        from rich.text import Text

        return Text(
            f"{self._consumer.done:,} done, {self._consumer.running} running,"
            f" {self.rate():.1f} a second"
        )

    def rate(self) -> float:
        """Messages done with a second, of late."""
        now = time.monotonic()
        self._marks.append((now, self._consumer.done))
        while len(self._marks) > 2 and now - self._marks[0][0] > RATE_SECONDS:
            self._marks.popleft()
        (began, before), (_, done) = self._marks[0], self._marks[-1]
        return (done - before) / max(now - began, 0.001)


def _task_types() -> list[str]:
    from taskmill.functions.known_functions import FUNCTIONS

    return sorted(FUNCTIONS)
