"""Wiring of the worker, consumers and the dead-letter handler."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from taskmill.wiring.flow_control import FlowControlParts

if TYPE_CHECKING:
    from taskmill.dispatch.dead_letters import DeadLetterHandler
    from taskmill.work.admission.admissions import Admission
    from taskmill.work.admission.limit_calls import LimitCalls
    from taskmill.work.admission.pause_admission import PauseAdmission
    from taskmill.work.attempts import Attempt
    from taskmill.work.built_in import BuiltIn
    from taskmill.work.cascade import Cascade
    from taskmill.work.consumer.consumer import Consumer
    from taskmill.work.fires import Fires
    from taskmill.work.message_runner import MessageRunner
    from taskmill.work.missing_rows import MissingRows
    from taskmill.work.side_calls import SideCalls
    from taskmill.work.task_runner import TaskRunner
    from taskmill.work.triggers.messages import TriggerReader
    from taskmill.work.triggers.triggered import TriggeredTasks
    from taskmill.work.unreadable import Unreadable
    from taskmill.work.worker import Worker


class WorkParts(FlowControlParts):
    """The objects that run attempts of tasks."""

    def load_tasks(self) -> None:
        """Import task modules. An error is ignored: each attempt will fail with it and store it."""
        from taskmill.functions.user_code import passes

        try:
            self.registry.load()
        except BaseException as error:
            if passes(error):
                raise

    @property
    def in_lambda(self) -> bool:
        """Whether this process has Lambda's limits; see `Settings.in_lambda`."""
        return self.settings.in_lambda

    @cached_property
    def attempt(self) -> Attempt:
        from taskmill.work.attempts import Attempt

        return Attempt(
            registry=self.registry,
            payloads=self.payloads,
            logger=self.logger,
            clock=self.clock,
            in_lambda=self.in_lambda,
            limit_calls=self.limit_calls,
            built_in=self.built_in,
        )

    def built_in(self, task_type: str) -> BuiltIn | None:
        """What runs a built-in type; None: it is none, or this wiring has not its parts."""
        from taskmill.work.built_in import no_built_in

        return no_built_in(task_type)

    @cached_property
    def cascade(self) -> Cascade:
        from taskmill.work.cascade import Cascade

        return Cascade(children=self.children, clock=self.clock)

    @cached_property
    def limit_calls(self) -> LimitCalls:
        from taskmill.work.admission.limit_calls import LimitCalls

        return LimitCalls(rates=self.rates, clock=self.clock, sleep=self.sleep)

    @cached_property
    def admission(self) -> Admission:
        from taskmill.work.admission.admissions import Admissions
        from taskmill.work.admission.gate_admission import GateAdmission
        from taskmill.work.admission.rate_admission import LineAdmission, RateAdmission

        gates = GateAdmission(keeper=lambda: self.gatekeeper)
        rates = RateAdmission(grants=self.rate_grants, clock=self.clock, sleep=self.sleep)
        return Admissions((LineAdmission(self.clock), gates, rates))

    @cached_property
    def pause_admission(self) -> PauseAdmission:
        from taskmill.work.admission.pause_admission import PauseAdmission

        return PauseAdmission(
            pauses=self.pauses, waiters=self.waiters, tasks=self.tasks, clock=self.clock
        )

    @cached_property
    def runner(self) -> TaskRunner:
        from taskmill.work.task_runner import TaskRunner

        return TaskRunner(
            tasks=self.tasks,
            subtasks=self.subtask_reads,
            claims=self.claims,
            children=self.children,
            starts=self.starts,
            cascade=self.cascade,
            attempt=self.attempt,
            logger=self.logger,
            admission=self.admission,
            pause=self.pause_admission,
            hints=self.hints,
            callback_budget=self.settings.callback_budget,
            clock=self.clock,
            sleep=self.sleep,
        )

    @cached_property
    def fires(self) -> Fires:
        from taskmill.work.fires import Fires

        return Fires(
            schedules=self.schedules,
            starts=self.starts,
            one_at_a_time=self.one_at_a_time,
            payloads=self.payloads,
            registry=self.registry,
            logger=self.logger,
            clock=self.clock,
        )

    @cached_property
    def message_runner(self) -> MessageRunner:
        from taskmill.work.message_runner import MessageRunner

        return MessageRunner(
            runner=self.runner,
            fires=self.fires,
            missing=self.missing_rows,
            triggered=self.triggered,
            unreadable=self.unreadable,
            logger=self.logger,
        )

    @cached_property
    def trigger_reader(self) -> TriggerReader:
        from taskmill.work.triggers.messages import TriggerReader

        return TriggerReader(self.settings.triggers)

    @cached_property
    def triggered(self) -> TriggeredTasks:
        from taskmill.work.triggers.triggered import TriggeredTasks

        return TriggeredTasks(
            reader=self.trigger_reader,
            starts=self.starts,
            payloads=self.payloads,
            registry=self.registry,
            logger=self.logger,
            pause=self.pause_admission,
            clock=self.clock,
        )

    @cached_property
    def missing_rows(self) -> MissingRows:
        from taskmill.work.missing_rows import MissingRows

        return MissingRows(tasks=self.tasks, sleep=self.sleep, logger=self.logger, clock=self.clock)

    @cached_property
    def unreadable(self) -> Unreadable:
        from taskmill.work.unreadable import Unreadable

        url = self.settings.unreadable_url
        return Unreadable(self.queue_at(url) if url else None, self.logger)

    @cached_property
    def threads(self) -> SideCalls:
        """Starts the threads of a worker and of a batch."""
        from taskmill.work.side_calls import Threads

        return self.side_calls or Threads()

    @cached_property
    def worker(self) -> Worker:
        from taskmill.work.durations import Durations
        from taskmill.work.worker import Worker

        theirs = [each.url for each in self.settings.triggers if each.url]
        urls = (*self.work_urls, *self.pool_urls, *theirs)
        return Worker(
            messages=self.message_runner,
            queues={_name(url): self.queue_at(url) for url in urls},
            main=self.queue("TASKMILL_QUEUE_URL"),
            durations=Durations(self.clock),
            patience_seconds=self.settings.hand_back_seconds,
            side_calls=self.threads,
        )

    def consumer(self, *, urls: Sequence[str] = (), **options: Any) -> Consumer:
        """A new consumer: the worker outside Lambda.

        Args:
            urls: The work queues to poll; default: all.
            options: Further arguments of `Consumer`.
        """
        from dataclasses import replace

        from taskmill.aws.dynamodb.grouped_claims import GroupedClaims
        from taskmill.work.consumer.consumer import Consumer

        claims = GroupedClaims(
            self.table,
            retention_days=self.settings.retention_days,
            logger=self.logger,
            clock=self.clock,
        )
        runner = replace(self.runner, claims=claims)
        return Consumer(
            queues=[self.queue_at(url) for url in urls or self.work_urls],
            messages=replace(self.message_runner, runner=runner),
            logger=self.logger,
            clock=self.clock,
            **options,
        )

    @cached_property
    def dead_letter_handler(self) -> DeadLetterHandler:
        from taskmill.dispatch.dead_letters import DeadLetterHandler

        return DeadLetterHandler(
            tasks=self.tasks,
            queue=self.queue("TASKMILL_DEAD_LETTERS_URL"),
            lanes=self.lanes,
            triggers=self.trigger_reader,
            unreadable=self.unreadable,
            logger=self.logger,
            clock=self.clock,
        )


def _name(url: str) -> str:
    """A queue's name: the last part of its URL, and of its ARN."""
    return url.rpartition("/")[2]
