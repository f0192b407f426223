"""What task functions may use of the user's, and who else may submit tasks to the stack."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from taskmill_cdk.function_code import source_files
from taskmill_cdk.runtime_layer import RuntimeLayer
from taskmill_cdk.stack.code import check_declared, check_imports, modules_of
from taskmill_cdk.stack.code_layer import stage_code_layer
from taskmill_cdk.stack.outputs import output_folder
from taskmill_cdk.stack.permissions import DataPermissions
from taskmill_cdk.stack.triggers import TaskStackTriggers
from taskmill_cdk.stack.user_resources import UserResources, check_variables
from taskmill_cdk.task_function import TaskFunction
from taskmill_cdk.task_source import TaskSource
from taskmill_cdk.worker_pool import Pool, WorkerPool

_PYTHON = "python3.13"  # which the layer's wheels are for


class TaskStackAccess(TaskStackTriggers):
    """Base class of ``TaskStack``: grants for task functions, and Lambda functions that submit.

    Attributes:
        task_types: The types that the task modules declare; None: some may not be known.
    """

    task_types: frozenset[str] | None
    _tasks: TaskSource | None
    _has_limits = False
    _local: bool
    _fast_start: bool
    _code: Path
    _build_folder: Path
    _resources: UserResources

    @property
    def task_functions(self) -> list[TaskFunction]:
        """All Lambda functions that run task functions: those of worker pools included."""
        pools = [each for pool in self.pools.values() for each in (pool.worker, pool.batch)]
        return [self.worker, self.batch, *(f for f in pools if isinstance(f, TaskFunction))]

    @property
    def task_roles(self) -> list[iam.IGrantable]:
        """The roles of all that runs task functions: Lambda functions and containers."""
        containers = (self.container_workers, *self.container_pools.values())
        roles = [each.task_role for each in containers if each is not None]
        return [*self.task_functions, *roles]

    def grant_tasks(self, grant: Callable[[iam.IGrantable], object]) -> None:
        """Allow something to all task functions, wherever they run.

        As in ``stack.grant_tasks(bucket.grant_read)``, or
        ``stack.grant_tasks(lambda role: table.grant(role, "dynamodb:GetItem"))``.

        Args:
            grant: Called with each role.
        """
        for role in self.task_roles:
            grant(role)

    def connect(self, function: lambda_.Function, *, tenant: str | None = None) -> None:
        """Let a Lambda function of yours submit tasks, as in ``greet.submit("World")``.

        It gets the permissions of ``grant_submit``, the variables that name the stack's resources,
        and two layers: taskmill with your task modules, and what they depend on. In a container
        image these are yours to install: no layers are added there.

        Args:
            tenant: Of submits that name none.

        Raises:
            ValueError: The layers are not for this function's Python version or architecture.
        """
        if function.runtime.name != lambda_.Runtime.FROM_IMAGE.name:
            self._check_layers(function)
            function.add_layers(self._code_layer, *self._function_props["layers"])
        for name, value in self._submitter_settings(tenant).items():
            function.add_environment(name, value)
        self._grant_submitter(function)

    def add_submitter(
        self,
        construct_id: str,
        handler: str,
        *,
        tenant: str | None = None,
        environment: Mapping[str, str] | None = None,
        **props: Any,
    ) -> TaskFunction:
        """Add a Lambda function of yours that submits tasks, from the folder of the tasks.

        Args:
            construct_id: Also the first part of the ids of its alarms.
            handler: Module and function in that folder: ``hooks.on_event``.
            tenant: Of submits that name none.
            environment: Further variables.
            **props: Any of ``TaskFunction``.

        Raises:
            TaskSourceError: The folder has no such module.
            ValueError: The stack has no tasks; a variable is reserved.
        """
        module, _, name = handler.rpartition(".")
        if not module or not name.isidentifier():
            raise ValueError(f"handler is {handler!r}; give module.function, as 'hooks.on_event'")
        if self._tasks is None:
            raise ValueError("add_submitter takes its code from tasks, and the stack has none")
        self._tasks.check_modules([module])
        check_variables("environment", environment or {})
        defaults = {**self._function_props, "snap_start": False}
        function = TaskFunction(
            self,
            construct_id,
            handler=handler,
            environment={
                **self._environment,
                **self._submitter_settings(tenant),
                **(environment or {}),
            },
            **{**defaults, **props},
        )
        self._grant_submitter(function)
        self.functions.append(function)
        self.monitoring.watch_function(function)
        return function

    def _check_code(
        self, pools: Sequence[Pool], layer: lambda_.ILayerVersion, *, python: str
    ) -> frozenset[str] | None:
        """Check the task modules, without importing them. Returns what ``task_types`` holds."""
        tasks = self._tasks
        if tasks is None:
            return None
        files = source_files(tasks, outside=[output_folder(self), self._build_folder])
        of_pools = [
            module
            for pool in pools
            if isinstance(pool, WorkerPool) and (self._local or pool.image is None)
            for module in pool.modules or ()
        ]
        modules = modules_of(self, tasks, files, more=of_pools, python=python)
        names = {*(each.name for each in pools), "container"}
        found = check_declared(self, tasks, modules, pools=names)
        self._has_limits = bool(found.limited)
        if isinstance(layer, RuntimeLayer):
            check_imports(self, modules, files=files, layer=layer.folder)
        is_known = found.is_complete and modules and tasks.factory is None
        return frozenset(found.types) if is_known else None

    def _grant_submitter(self, function: lambda_.Function) -> None:
        DataPermissions(table=self.table, payloads=self.payloads).grant_submit(function)
        if self._fast_start:
            # The worker's code is deployed first: it must know why a message has no task yet.
            function.node.add_dependency(self.worker)
            self.work_queue.grant_send(function)

    def _submitter_settings(self, tenant: str | None) -> dict[str, str]:
        settings = {
            name: value for name, value in self._environment.items() if name.startswith("TASKMILL_")
        }
        if self._fast_start:
            settings |= {**self.work_queue.urls(), "TASKMILL_FAST_START": "1"}
        if tenant is not None:
            settings["TASKMILL_TENANT"] = tenant
        return settings

    @cached_property
    def _code_layer(self) -> lambda_.LayerVersion:
        """The code of the functions as a layer, made once a function of the user's needs it."""
        return lambda_.LayerVersion(
            self,
            "CodeLayer",
            code=lambda_.Code.from_asset(str(stage_code_layer(self._code, self._build_folder))),
            description="taskmill and task modules, for functions that submit tasks",
        )

    def _check_layers(self, function: lambda_.Function) -> None:
        if self._local:
            return  # it runs in this machine's Python, whatever its props say
        arm = lambda_.Architecture.ARM_64.name
        found = (function.runtime.name, function.architecture.name)
        if found != (_PYTHON, arm):
            raise ValueError(
                f"{function.node.path} is for {found[0]} on {found[1]}; the layers of taskmill are"
                f" for {_PYTHON} on {arm}: give it runtime=Runtime.PYTHON_3_13 and"
                " architecture=Architecture.ARM_64"
            )
