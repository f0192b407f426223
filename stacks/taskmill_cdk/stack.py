"""The map of the system: part after part, then the permissions."""

from pathlib import Path
from typing import Any, Literal, get_args

from aws_cdk import CfnOutput, Duration, RemovalPolicies, RemovalPolicy, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from taskmill_cdk.api import TaskApi
from taskmill_cdk.auth import Auth
from taskmill_cdk.build_folder import DEFAULT_BUILD_FOLDER
from taskmill_cdk.container_workers import ContainerWorkers
from taskmill_cdk.dispatcher import Dispatcher
from taskmill_cdk.function_code import stage_function_code
from taskmill_cdk.monitoring import Monitoring
from taskmill_cdk.notifications import Notifications
from taskmill_cdk.payload_bucket import INPUTS, PLANNED, RESULTS, PayloadBucket
from taskmill_cdk.runtime_layer import AWS, HOST, RUNTIME_REQUIREMENTS, RuntimeLayer, Target
from taskmill_cdk.schedules import Schedules
from taskmill_cdk.source import TaskSource
from taskmill_cdk.table import ATTENTION_INDEX, CHILDREN_INDEX, TaskTable
from taskmill_cdk.task_function import TaskFunction
from taskmill_cdk.work_queue import WorkQueue
from taskmill_cdk.workflow import SubtaskWorkflow

# What outlives the stack, unless it is removable.
STATEFUL = [
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Scheduler::ScheduleGroup",
]

Ids = Literal["ulid", "uuid4", "uuid7", "integer"]


class TaskStack(Stack):
    """A task service: submit over HTTP, run on Lambda, fan out through Step Functions.

    To change a part, override its ``_build_*`` hook: a hook builds one part from those before it.
    Hooks run inside ``__init__``, so a subclass sets what its hook reads before it calls
    ``super().__init__``.

    Args:
        tasks: The user's task functions; None where only outside workers run tasks.
        local: For the local cloud: layers for this machine, little concurrency, removable.
        removable: Delete data along with the stack; what ``local`` says by default.
        retention_days: How long rows and payloads are kept after a task ended; 0 is for ever.
        max_payload_bytes: Largest input or result.
        worker_memory: MB of the function that runs tasks.
        worker_timeout: Longest attempt of a task.
        worker_concurrency: Workers at a time, 2 to 1,000; 0: none, as containers take all work.
        priority_concurrency: Further workers for tasks of high and urgent priority only; half of
            ``worker_concurrency`` by default, but no less than 2.
        batch_memory: MB of the function that runs subtasks.
        max_concurrency: Batches of a step function task at a time, where its caller does not say.
        container_image: Holds taskmill and the task modules; runs tasks whose type names
            ``runner="container"``, for as long as they take. Not on the local cloud: there,
            ``taskmill work`` runs them.
        container_cpu: Of each container; 1,024 are one vCPU.
        container_memory: MB of each container; what Fargate allows with that CPU.
        container_queue: Whether container tasks have a queue where there is no image: for
            consumers of your own.
        snap_start: Restore new processes of all functions from snapshots rather than start them;
            has a price, also when nothing runs (decision 21). ``_build_*`` hooks of functions
            take ``snap_start``, too.
        bytecode: Compile code and layer, so that new processes start sooner. The synthesis must run
            the functions' version of Python, and its patch version is in the assets (decision 24).
        ids: How tasks are named whose submitter names none; ``integer`` counts per tenant.
        api: Whether there is an HTTP API.
        auth: Who may call it: ``sigv4()`` (the default), ``cognito(...)`` or ``jwt(...)``.
        rate_limit: Its requests a second.
        burst_limit: Its requests at once.
        log_level: Least level that reaches the logs.
        log_retention: How long logs are kept.
        build_folder: Where layers and code are staged; not for version control.
        **props: Any of ``Stack``: ``env``, ``description``, ``tags`` ...
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tasks: TaskSource | None = None,
        local: bool = False,
        removable: bool | None = None,
        retention_days: int = 90,
        max_payload_bytes: int = 256 * 1024 * 1024,
        worker_memory: int = 512,
        worker_timeout: Duration | None = None,
        worker_concurrency: int | None = None,
        priority_concurrency: int | None = None,
        batch_memory: int = 512,
        max_concurrency: int | None = None,
        container_image: ecs.ContainerImage | None = None,
        container_cpu: int = 1_024,
        container_memory: int = 2_048,
        container_queue: bool = False,
        snap_start: bool = False,
        bytecode: bool = False,
        ids: Ids = "ulid",
        api: bool = True,
        auth: Auth | None = None,
        rate_limit: int = 1_000,
        burst_limit: int = 2_000,
        log_level: lambda_.ApplicationLogLevel = lambda_.ApplicationLogLevel.INFO,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        build_folder: Path = DEFAULT_BUILD_FOLDER,
        **props: Any,
    ) -> None:
        super().__init__(scope, construct_id, **props)
        removable = local if removable is None else removable
        target = HOST if local else AWS
        code = stage_function_code(
            tasks, build_folder, bytecode_for=target.python if bytecode else None
        )

        self.functions: list[TaskFunction] = []
        self._function_props = {
            "code": lambda_.Code.from_asset(str(code)),
            "layers": [self._build_layer(tasks, target, build_folder, bytecode=bytecode)],
            "log_level": log_level,
            "log_retention": log_retention,
            "snap_start": snap_start,
        }
        self.table = self._build_table(recoverable=not removable)
        self.payloads = self._build_payloads(retention_days=retention_days)
        self._environment = {
            "POWERTOOLS_SERVICE_NAME": "taskmill",
            "POWERTOOLS_LOG_LEVEL": log_level.value,
            "TASKMILL_TABLE": self.table.table.table_name,
            "TASKMILL_BUCKET": self.payloads.bucket.bucket_name,
            "TASKMILL_RETENTION_DAYS": str(retention_days),
            "TASKMILL_MAX_PAYLOAD_BYTES": str(max_payload_bytes),
            "TASKMILL_IDS": _checked_ids(ids),
            **_task_environment(tasks),
        }
        self.notifications = self._build_notifications()
        self.worker = self._build_worker(
            memory_size=worker_memory, timeout=worker_timeout or Duration.minutes(5)
        )
        self.dead_letters_handler = self._build_dead_letters_handler()
        self.work_queue = self._build_work_queue(
            max_concurrency=_said(worker_concurrency, or_else=2 if local else 100),
            priority_concurrency=priority_concurrency,
            containers=container_queue or container_image is not None,
        )
        self.schedules = self._build_schedules()
        self.split = self._build_split(max_concurrency or (4 if local else 100))
        self.batch = self._build_batch(memory_size=batch_memory)
        self.finish = self._build_finish()
        self.workflow = self._build_workflow(log_retention=log_retention)
        self.dispatcher = self._build_dispatcher()
        self.container_workers: ContainerWorkers | None = None
        if container_image is not None and not local:
            self.container_workers = self._build_container_workers(
                image=container_image,
                cpu=container_cpu,
                memory_mib=container_memory,
                log_retention=log_retention,
            )
        self.api: TaskApi | None = None
        if api:
            self.api = self._build_api(
                auth=auth,
                rate_limit=rate_limit,
                burst_limit=burst_limit,
                log_retention=log_retention,
            )
        self.monitoring = self._build_monitoring()

        self._grant_permissions()
        self._print_outputs()
        RemovalPolicies.of(self).apply(
            RemovalPolicy.DESTROY if removable else RemovalPolicy.RETAIN,
            apply_to_resource_types=STATEFUL,
        )

    # --- for subclasses and for other parts of an app --------------------------------------------

    def add_function(
        self,
        construct_id: str,
        handler: str,
        *,
        environment: dict[str, str] | None = None,
        **props: Any,
    ) -> TaskFunction:
        """A function that holds the runtime and the tasks and knows the table and the bucket.

        Made inside a hook, it is watched by alarms and on the dashboard like the others.

        Args:
            construct_id: Also the name of its alarms.
            handler: Module and function below ``taskmill.handlers``.
            environment: More variables.
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

    def grant_submit(self, grantee: iam.IGrantable) -> None:
        """Allow everything a ``TaskService`` does: submit, read, list, move."""
        self.table.grant(
            grantee,
            "GetItem",
            "PutItem",  # an input; a task, and with it in a transaction a key's row
            "PartiQLInsert",  # many tasks in a call
            "UpdateItem",  # moves, counters of ids; a child started again, in a transaction
            "DeleteItem",  # mappings of callbacks
        )
        self.table.grant_query(grantee, CHILDREN_INDEX, ATTENTION_INDEX)
        self.payloads.grant_write(grantee, INPUTS, PLANNED)
        self.payloads.grant_read(grantee, INPUTS, PLANNED, RESULTS)

    def grant_work(self, grantee: iam.IGrantable) -> None:
        """Allow what running tasks takes, but for the queue: see ``WorkQueue.grant_consume``."""
        self.table.grant(
            grantee,
            "GetItem",
            "UpdateItem",  # claims, and what comes of them
            "PutItem",  # what a schedule is due to submit; inputs
            "PartiQLInsert",  # children
            "PartiQLUpdate",  # children that are awaited, taken over or cancelled
            "BatchGetItem",  # how children ended
        )
        self.table.grant_query(grantee, CHILDREN_INDEX)  # and subtasks, for what a map returned
        self.payloads.grant_read(grantee, INPUTS, PLANNED, RESULTS)
        self.payloads.grant_write(grantee, INPUTS, PLANNED, RESULTS)

    # --- the parts, in the order they are built --------------------------------------------------

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

    def _build_notifications(self) -> Notifications:
        return Notifications(self, "Notifications")

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

    def _build_schedules(self) -> Schedules:
        return Schedules(self, "Schedules", work_queue=self.work_queue)

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
        environment = {
            **self.work_queue.settings(),
            "TASKMILL_STATE_MACHINE_ARN": self.workflow.state_machine.state_machine_arn,
            "TASKMILL_STATUS_TOPIC_ARN": self.notifications.status_topic.topic_arn,
            "TASKMILL_ALARM_TOPIC_ARN": self.notifications.alarm_topic.topic_arn,
            "TASKMILL_SCHEDULE_GROUP": self.schedules.group.ref,
            "TASKMILL_SCHEDULE_ROLE_ARN": self.schedules.role.role_arn,
        }
        function = self.add_function("Dispatch", "dispatch.handler", environment=environment)
        return Dispatcher(self, "Dispatcher", function=function, table=self.table.table, **props)

    def _build_container_workers(self, **props: Any) -> ContainerWorkers:
        return ContainerWorkers(
            self,
            "ContainerWorkers",
            work_queue=self.work_queue,
            environment=self._environment,
            **props,
        )

    def _build_api(self, **props: Any) -> TaskApi:
        function = self.add_function(
            "ApiHandler",
            "api.handler",
            timeout=Duration.seconds(29),  # API Gateway waits 30 s
        )
        return TaskApi(self, "Api", function=function, **props)

    def _build_monitoring(self) -> Monitoring:
        return Monitoring(
            self,
            "Monitoring",
            alarm_topic=self.notifications.alarm_topic,
            functions=self.functions,
            work_queue=self.work_queue,
            dispatcher=self.dispatcher,
            workflow=self.workflow,
            api=self.api,
        )

    # --- the permissions -------------------------------------------------------------------------

    def _grant_permissions(self) -> None:
        self.grant_work(self.worker)
        self.table.grant(self.dead_letters_handler, "GetItem", "UpdateItem")
        self._grant_subtasks()
        self._grant_dispatch(self.dispatcher.function)
        if self.container_workers is not None:
            self.grant_work(self.container_workers.task_role)
            self.container_workers.grant_consume()
        if self.api is not None:
            self.grant_submit(self.api.function)

    def _grant_subtasks(self) -> None:
        rows = ("GetItem", "UpdateItem", "Query", "PartiQLUpdate")
        self.table.grant(self.split, *rows, "PartiQLInsert")
        self.table.grant(self.batch, *rows)
        self.table.grant(self.finish, *rows)
        self.payloads.grant_read(self.split, INPUTS)
        self.payloads.grant_read(self.batch, INPUTS, RESULTS)
        self.payloads.grant_write(self.batch, RESULTS)

    def _grant_dispatch(self, grantee: iam.IGrantable) -> None:
        self.table.grant(
            grantee,
            "GetItem",  # parents to settle, schedules
            "BatchGetItem",  # children to count or cancel
            "UpdateItem",  # tallies of parents and counts of fan-outs, in transactions
            "PartiQLUpdate",  # marks; children to cancel
            "PartiQLInsert",  # callbacks
            "PutItem",  # their inputs
        )
        self.table.grant_query(grantee, CHILDREN_INDEX)  # and mappings of callbacks
        self.payloads.grant_write(grantee, INPUTS)  # of callbacks
        self.work_queue.grant_send(grantee)
        self.dispatcher.grant_park(grantee)
        self.workflow.grant_start(grantee)
        self.workflow.grant_stop(grantee)
        self.notifications.grant_publish(grantee)
        self.schedules.grant_manage(grantee)

    # --- what others need to know ----------------------------------------------------------------

    def _print_outputs(self) -> None:
        outputs = {
            "TableName": self.table.table.table_name,
            "BucketName": self.payloads.bucket.bucket_name,
            "QueueUrl": self.work_queue.queue.queue_url,
            "PriorityQueueUrl": self.work_queue.priority_queue.queue_url,
            "DeadLettersUrl": self.work_queue.dead_letters.queue_url,
            "StateMachineArn": self.workflow.state_machine.state_machine_arn,
            "StatusTopicArn": self.notifications.status_topic.topic_arn,
            "AlarmTopicArn": self.notifications.alarm_topic.topic_arn,
            "WorkerFunctionName": self.worker.function_name,
            "DispatcherFunctionName": self.dispatcher.function.function_name,
            "Region": self.region,
        }
        if self.work_queue.container_queue is not None:
            outputs["ContainerQueueUrl"] = self.work_queue.container_queue.queue_url
        if self.api is not None:
            outputs |= {"ApiId": self.api.http_api.api_id, "ApiUrl": self.api.url}
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


def _said(value: int | None, *, or_else: int) -> int:
    return or_else if value is None else value


def _checked_ids(ids: str) -> str:
    if ids not in get_args(Ids):
        raise ValueError(f"ids is {ids!r}; known are {', '.join(get_args(Ids))}")
    return ids


def _task_environment(tasks: TaskSource | None) -> dict[str, str]:
    if tasks is None:
        return {"TASKMILL_MODULES": ""}
    environment = {"TASKMILL_MODULES": ",".join(tasks.modules)}
    if tasks.factory is not None:
        environment["TASKMILL_FACTORY"] = tasks.factory
    return environment
