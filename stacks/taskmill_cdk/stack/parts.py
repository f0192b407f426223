"""The parts of a task service: the attribute that holds each, and the hook that builds it."""

from pathlib import Path
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_

from taskmill_cdk.api import TaskApi
from taskmill_cdk.console import Console, ConsoleError
from taskmill_cdk.container_workers import ContainerWorkers
from taskmill_cdk.dispatcher import Dispatcher
from taskmill_cdk.monitoring import Monitoring
from taskmill_cdk.notifications import Notifications
from taskmill_cdk.payload_bucket import PayloadBucket
from taskmill_cdk.runtime_layer import RuntimeLayer, Target
from taskmill_cdk.runtime_lock import RUNTIME_REQUIREMENTS
from taskmill_cdk.schedules import Schedules
from taskmill_cdk.sign_in import SignIn
from taskmill_cdk.stack.environment import dispatcher_environment
from taskmill_cdk.statistics import Statistics
from taskmill_cdk.sweep import Sweep
from taskmill_cdk.table import TaskTable
from taskmill_cdk.task_function import TaskFunction
from taskmill_cdk.task_source import TaskSource
from taskmill_cdk.work_queue import WorkQueue
from taskmill_cdk.workflow import SubtaskWorkflow


class TaskStackParts(Stack):
    """Base class of ``TaskStack``: a ``_build_*`` hook for each part, and ``add_function``.

    ``TaskStack`` calls the hooks in the order of this module. A hook reads the attributes that
    were set before it; most hooks pass further ``props`` on to the construct that they build.
    """

    table: TaskTable
    payloads: PayloadBucket
    notifications: Notifications
    worker: TaskFunction
    dead_letters_handler: TaskFunction
    work_queue: WorkQueue
    schedules: Schedules
    split: TaskFunction
    batch: TaskFunction
    finish: TaskFunction
    workflow: SubtaskWorkflow
    dispatcher: Dispatcher
    statistics: Statistics | None
    container_workers: ContainerWorkers | None
    sweep: Sweep | None
    monitoring: Monitoring

    functions: list[TaskFunction]
    _api: TaskApi | None
    _console: Console | None
    _function_props: dict[str, Any]
    _environment: dict[str, str]

    @property
    def api(self) -> TaskApi:
        """The HTTP API.

        Raises:
            AttributeError: The stack was made with ``api=False``.
        """
        if self._api is None:
            raise AttributeError(f"{self.node.path} has no api: it was made with api=False")
        return self._api

    @property
    def console(self) -> Console:
        """The hosted console.

        Raises:
            AttributeError: The stack was made without ``console=True``.
        """
        if self._console is None:
            raise AttributeError(f"{self.node.path} has no console: give it console=True")
        return self._console

    def add_function(
        self,
        construct_id: str,
        handler: str,
        *,
        environment: dict[str, str] | None = None,
        **props: Any,
    ) -> TaskFunction:
        """Add a Lambda function with the code, layer and environment that all functions share.

        If it is added inside a hook, it gets alarms and a place on the dashboard like the others.

        Args:
            construct_id: Also the first part of the ids of its alarms.
            handler: Module and function below ``taskmill.handlers``: ``work.handler``.
            environment: Further environment variables.
            **props: Any of ``TaskFunction``.
        """
        function = TaskFunction(
            self,
            construct_id,
            handler=f"taskmill.handlers.{handler}",
            environment={**self._environment, **(environment or {})},
            **{**self._function_props, **props},
        )
        self.functions.append(function)
        return function

    def _build_layer(
        self, tasks: TaskSource | None, target: Target, build_folder: Path, **props: Any
    ) -> lambda_.ILayerVersion:
        requirements = [RUNTIME_REQUIREMENTS]
        if tasks is not None and tasks.requirements is not None:
            requirements.append(tasks.requirements)
        return RuntimeLayer(
            self,
            "RuntimeLayer",
            requirements=requirements,
            target=target,
            build_folder=build_folder,
            **props,
        )

    def _build_table(self, **props: Any) -> TaskTable:
        return TaskTable(self, "Tasks", **props)

    def _build_payloads(self, **props: Any) -> PayloadBucket:
        return PayloadBucket(self, "Payloads", **props)

    def _build_notifications(self, **props: Any) -> Notifications:
        return Notifications(self, "Notifications", **props)

    def _build_worker(self, **props: Any) -> TaskFunction:
        return self.add_function("Worker", "work.handler", **props)

    def _build_dead_letters_handler(self, **props: Any) -> TaskFunction:
        defaults = {"memory_size": 256}
        return self.add_function(
            "DeadLettersHandler", "dead_letters.handler", **{**defaults, **props}
        )

    def _build_work_queue(self, **props: Any) -> WorkQueue:
        return WorkQueue(
            self,
            "WorkQueue",
            worker=self.worker,
            dead_letters_handler=self.dead_letters_handler,
            **props,
        )

    def _build_schedules(self, **props: Any) -> Schedules:
        return Schedules(self, "Schedules", work_queue=self.work_queue, **props)

    def _build_split(self, max_concurrency: int, **props: Any) -> TaskFunction:
        defaults = {"memory_size": 1769, "timeout": Duration.minutes(15)}  # 1,769 MB: one vCPU
        return self.add_function(
            "Split",
            "subtasks.split",
            environment={"TASKMILL_MAX_CONCURRENCY": str(max_concurrency)},
            **{**defaults, **props},
        )

    def _build_batch(self, **props: Any) -> TaskFunction:
        defaults = {"timeout": Duration.minutes(15)}
        return self.add_function("Batch", "subtasks.batch", **{**defaults, **props})

    def _build_finish(self, **props: Any) -> TaskFunction:
        defaults = {"timeout": Duration.minutes(15)}
        return self.add_function("Finish", "subtasks.finish", **{**defaults, **props})

    def _build_workflow(self, **props: Any) -> SubtaskWorkflow:
        return SubtaskWorkflow(
            self,
            "SubtaskWorkflow",
            split=self.split,
            batch=self.batch,
            finish=self.finish,
            **props,
        )

    def _build_dispatcher(self, **props: Any) -> Dispatcher:
        environment = dispatcher_environment(
            work_queue=self.work_queue,
            workflow=self.workflow,
            notifications=self.notifications,
            schedules=self.schedules,
        )
        function = self._build_dispatch(environment=environment)
        return Dispatcher(self, "Dispatcher", function=function, table=self.table.table, **props)

    def _build_dispatch(self, **props: Any) -> TaskFunction:
        return self.add_function("Dispatch", "dispatch.handler", **props)

    def _build_statistics(self, **props: Any) -> Statistics:
        return Statistics(
            self,
            "Statistics",
            function=self._build_count(),
            table=self.table.table,
            lost_changes=self.dispatcher.dead_letters,
            **props,
        )

    def _build_count(self, **props: Any) -> TaskFunction:
        defaults = {"timeout": Duration.minutes(5)}
        return self.add_function("Count", "statistics.handler", **{**defaults, **props})

    def _build_container_workers(self, **props: Any) -> ContainerWorkers:
        return ContainerWorkers(
            self,
            "ContainerWorkers",
            work_queue=self.work_queue,
            environment=self._environment,
            **props,
        )

    def _build_api(self, **props: Any) -> TaskApi:
        return TaskApi(self, "Api", function=self._build_api_handler(), **props)

    def _build_api_handler(self, **props: Any) -> TaskFunction:
        defaults = {"timeout": Duration.seconds(29)}  # API Gateway waits 30 s
        return self.add_function("ApiHandler", "api.handler", **{**defaults, **props})

    def _add_console(self, *, console: bool | SignIn, **props: Any) -> Console | None:
        if console is False:
            return None
        if self._api is None:
            raise ConsoleError("console=True needs the API: the stack has api=False")
        if isinstance(console, SignIn):
            props["sign_in"] = console
        built = self._build_console(**props)
        self.functions.append(built.function)
        return built

    def _mark_api(self, marks: dict[str, str]) -> None:
        for name, text in marks.items():
            self.api.function.add_environment(name, text)

    def _build_console(self, **props: Any) -> Console:
        return Console(self, "Console", api=self.api, title=self.stack_name, **props)

    def _build_sweep(self, every: Duration, **props: Any) -> Sweep:
        environment = {
            **self.work_queue.settings(),
            "TASKMILL_STATE_MACHINE_ARN": self.workflow.state_machine.state_machine_arn,
        }
        function = self._build_sweep_handler(environment=environment)
        return Sweep(self, "Sweep", function=function, every=every, **props)

    def _build_sweep_handler(self, **props: Any) -> TaskFunction:
        defaults = {"timeout": Duration.minutes(15)}
        return self.add_function("SweepHandler", "sweep.handler", **{**defaults, **props})

    def _build_monitoring(self, **props: Any) -> Monitoring:
        return Monitoring(
            self,
            "Monitoring",
            alarm_topic=self.notifications.alarm_topic,
            functions=self.functions,
            work_queue=self.work_queue,
            dispatcher=self.dispatcher,
            workflow=self.workflow,
            api=self._api,
            table=self.table,
            schedules=self.schedules,
            **props,
        )
