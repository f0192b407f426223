"""Wiring of the dispatcher and its emitters."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from taskmill.wiring.clients import LazyClient
from taskmill.wiring.fanout import FanOutParts

if TYPE_CHECKING:
    from taskmill.aws.scheduler import Scheduler
    from taskmill.aws.stepfunctions import Workflow
    from taskmill.dispatch.dispatcher import Dispatcher


class DispatchParts(FanOutParts):
    """The dispatcher and the AWS services that only it uses."""

    @cached_property
    def workflow(self) -> Workflow:
        from taskmill.aws.stepfunctions import Workflow

        client = LazyClient(self.client, "stepfunctions")
        return Workflow(client, self.settings.need("TASKMILL_STATE_MACHINE_ARN"))

    @cached_property
    def scheduler(self) -> Scheduler:
        from taskmill.aws.scheduler import Scheduler

        return Scheduler(
            LazyClient(self.client, "scheduler"),
            group=self.settings.need("TASKMILL_SCHEDULE_GROUP"),
            role_arn=self.settings.need("TASKMILL_SCHEDULE_ROLE_ARN"),
            queue_arns=self.settings.by_lane("ARN"),
            dead_letters_arn=self.settings.schedule_dead_letters_arn,
        )

    @cached_property
    def dispatcher(self) -> Dispatcher:
        from taskmill.aws.dynamodb.batch_counts import BatchCounts
        from taskmill.aws.dynamodb.flow_control.settings import SetLimits
        from taskmill.aws.hints import Hints
        from taskmill.dispatch.dispatcher import Dispatcher
        from taskmill.dispatch.emitters.batches import BatchEmitter
        from taskmill.dispatch.emitters.callback_refusals import CallbackRefusals
        from taskmill.dispatch.emitters.callbacks import CallbackEmitter
        from taskmill.dispatch.emitters.children import ChildEmitter
        from taskmill.dispatch.emitters.gates import GateEmitter
        from taskmill.dispatch.emitters.keys import KeyEmitter
        from taskmill.dispatch.emitters.messages import WorkEmitter
        from taskmill.dispatch.emitters.notifications import NotificationEmitter
        from taskmill.dispatch.emitters.pauses import PauseEmitter
        from taskmill.dispatch.emitters.rates import RateEmitter
        from taskmill.dispatch.emitters.schedules import ScheduleEmitter
        from taskmill.model.redaction import RedactedNames

        hints = Hints(tasks=self.tasks, lanes=self.lanes, logger=self.logger)
        return Dispatcher(
            failures=self.queue("TASKMILL_FAILURE_QUEUE_URL"),
            emitters=[
                PauseEmitter(pauses=self.pauses, waiters=self.waiters, tasks=self.tasks),
                GateEmitter(self.releaser, SetLimits(self.table, clock=self.clock), self.clock),
                RateEmitter(tasks=self.tasks, grants=self.rate_grants, clock=self.clock),
                WorkEmitter(
                    tasks=self.tasks,
                    lanes=self.lanes,
                    workflow=self.workflow,
                    finisher=lambda: self.finisher,
                    scheduler=self.scheduler,
                    clock=self.clock,
                ),
                KeyEmitter(one_at_a_time=self.one_at_a_time),
                BatchEmitter(counts=BatchCounts(table=self.table, clock=self.clock)),
                ChildEmitter(
                    tasks=self.tasks,
                    children=self.children,
                    cascade=self.cascade,
                    hints=hints if self.settings.fast_start else None,
                ),
                CallbackEmitter(
                    starts=self.starts,
                    mappings=self.mappings,
                    payloads=self.payloads,
                    registry=lambda: self.registry,
                    refusals=CallbackRefusals(
                        tasks=self.tasks,
                        alarm_topic=self.topic("TASKMILL_ALARM_TOPIC_ARN"),
                        logger=self.logger,
                    ),
                    budget=self.settings.callback_budget,
                    redacted=RedactedNames(self.settings.redact),
                    clock=self.clock,
                ),
                ScheduleEmitter(
                    schedules=self.schedules, scheduler=self.scheduler, clock=self.clock
                ),
                NotificationEmitter(
                    table_name=self.table.name,
                    status_topic=self.topic("TASKMILL_STATUS_TOPIC_ARN"),
                    alarm_topic=self.topic("TASKMILL_ALARM_TOPIC_ARN"),
                    redacted=RedactedNames(self.settings.redact),
                ),
            ],
            logger=self.logger,
        )
