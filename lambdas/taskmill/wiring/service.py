"""Wiring of the task service, for the API and for code that submits tasks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from taskmill.model.built_in import BULK, is_reserved
from taskmill.wiring.fanout import FanOutParts

if TYPE_CHECKING:
    from taskmill.service.bulk.running import BulkRunner
    from taskmill.service.ids import Ids
    from taskmill.service.limits.stores import LimitStores
    from taskmill.service.queue_health import QueueHealth
    from taskmill.service.queue_redrive import QueueRedrive
    from taskmill.service.task_service import TaskService
    from taskmill.work.built_in import BuiltIn
    from taskmill.work.direct_runs import DirectRuns


class ServiceParts(FanOutParts):
    """The task service and the objects that only it uses."""

    @cached_property
    def ids(self) -> Ids:
        from taskmill.aws.dynamodb.counters import Counters
        from taskmill.service.ids import Ids

        return Ids(self.settings.ids, Counters(self.table))

    @cached_property
    def direct(self) -> DirectRuns:
        from taskmill.work.direct_runs import DirectRuns

        return DirectRuns(
            runner=lambda: self.runner,
            tasks=self.tasks,
            registry=self.registry,
            always=self.settings.execute_now,
            in_lambda=self.in_lambda,
            clock=self.clock,
            sleep=self.sleep,
        )

    def built_in(self, task_type: str) -> BuiltIn | None:
        """What runs a built-in type; imported with the first task of one."""
        if not is_reserved(task_type):
            return None
        return {BULK: self.bulk_runner.run}.get(task_type)

    @cached_property
    def queue_health(self) -> QueueHealth:
        from taskmill.service.queue_health import QueueHealth

        settings = self.settings
        work = {str(lane): url for lane, url in settings.by_lane("URL").items()}
        by_url = {url: name for name, url in work.items()} | {work["normal"]: "normal"}
        return QueueHealth(
            sqs=self.client("sqs"),
            work={**{name: url for url, name in by_url.items()}, **dict(settings.pool_urls)},
            redrive=self.queue_redrive,
            parked=settings.failure_queue_url,
            oldest_sent_at=self.oldest_sent_at,
            clock=self.clock,
        )

    @cached_property
    def queue_redrive(self) -> QueueRedrive:
        from taskmill.service.queue_redrive import QueueRedrive

        settings = self.settings
        dead = {
            "dead letters": settings.dead_letters_url,
            "unreadable messages": settings.unreadable_url,
            "dead changes": settings.failure_dead_letters_url,
            "workflow events": settings.workflow_dead_letters_url,
        }
        back_to = {"dead changes": settings.failure_queue_url}  # and no others: decision 53
        return QueueRedrive(
            sqs=self.client("sqs"),
            dead={name: url for name, url in dead.items() if url},
            back_to={name: url for name, url in back_to.items() if url and dead[name]},
        )

    @cached_property
    def bulk_runner(self) -> BulkRunner:
        from taskmill.service.bulk.running import BulkRunner

        return BulkRunner(service=self.service, clock=self.clock, logger=self.logger)

    @cached_property
    def limit_stores(self) -> LimitStores:
        from taskmill.aws.dynamodb.flow_control.limit_rows import LimitRows
        from taskmill.aws.dynamodb.flow_control.settings import SetLimits
        from taskmill.service.limits.stores import LimitStores

        return LimitStores(
            gates=self.gates,
            waiters=self.waiters,
            settings=SetLimits(self.table, clock=self.clock),
            rows=LimitRows(self.table),
            pauses=self.pauses,
        )

    @cached_property
    def service(self) -> TaskService:
        from taskmill.service.task_service import TaskService

        alarms = self.settings.alarm_topic_arn
        return TaskService(
            tasks=self.tasks,
            starts=self.starts,
            one_at_a_time=self.one_at_a_time,
            subtasks=self.subtask_reads,
            children=self.children,
            schedules=self.schedules,
            mappings=self.mappings,
            payloads=self.payloads,
            inserter=self.inserter,
            registry=self.registry,
            alarm_topic=self.topic("TASKMILL_ALARM_TOPIC_ARN") if alarms else None,
            limits=self.limit_stores,
            direct=self.direct,
            max_schedules=self.settings.tenant_schedules,
            max_mappings=self.settings.tenant_mappings,
            cross_tenant=self.settings.cross_tenant_submits,
            pace=self.pace,
            ids=self.ids,
            clock=self.clock,
        )
