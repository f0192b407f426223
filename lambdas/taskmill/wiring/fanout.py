"""Wiring of the three functions of a fan-out's state machine: split, batch and finish."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from taskmill.wiring.work import WorkParts

if TYPE_CHECKING:
    from taskmill.fanout.batch import BatchRunner
    from taskmill.fanout.finish import Finisher
    from taskmill.fanout.insert import Inserter
    from taskmill.fanout.split import Splitter


class FanOutParts(WorkParts):
    """The objects that run fan-outs."""

    @cached_property
    def inserter(self) -> Inserter:
        from taskmill.fanout.insert import Inserter

        return Inserter(subtasks=self.subtasks, payloads=self.payloads, clock=self.clock)

    @cached_property
    def splitter(self) -> Splitter:
        from taskmill.fanout.split import Splitter

        return Splitter(
            tasks=self.tasks,
            batches=self.batches,
            payloads=self.payloads,
            max_concurrency=self.settings.max_concurrency,
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
            side_calls=self.threads,
            rates=self.rates,
        )

    @cached_property
    def finisher(self) -> Finisher:
        from taskmill.fanout.finish import Finisher

        return Finisher(
            tasks=self.tasks, subtasks=self.subtasks, batches=self.batches, logger=self.logger
        )
