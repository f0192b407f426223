"""``TaskStack``, the map of the system: builds part after part, then grants the permissions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from taskmill_cdk.auth import Auth
from taskmill_cdk.build_folder import DEFAULT_BUILD_FOLDER
from taskmill_cdk.callers import Cors, origins
from taskmill_cdk.function_code import stage_function_code
from taskmill_cdk.limits import CALLBACK_BUDGET, TenantLimits, limit_settings
from taskmill_cdk.metrics.reading import grant_read_metrics
from taskmill_cdk.props import check_fargate_size
from taskmill_cdk.runtime_layer import AWS, HOST
from taskmill_cdk.sign_in import SignIn
from taskmill_cdk.stack.access import TaskStackAccess
from taskmill_cdk.stack.checks import checked
from taskmill_cdk.stack.environment import (
    Ids,
    common_environment,
    hand_back_settings,
    marks_of,
    redact_settings,
)
from taskmill_cdk.stack.outputs import output_folder, stack_outputs
from taskmill_cdk.stack.permissions import DataPermissions
from taskmill_cdk.stack.removal import apply_removal_policy
from taskmill_cdk.stack.user_resources import UserResources
from taskmill_cdk.statistics import Statistics
from taskmill_cdk.sweep import Sweep
from taskmill_cdk.task_source import TaskSource
from taskmill_cdk.worker_pool import Pool, pool_settings


class TaskStack(TaskStackAccess):
    """A task service: an HTTP API to submit tasks, Lambda to run them, Step Functions to fan out.

    To change a part, override the ``_build_*`` hook that builds it. Hooks run inside ``__init__``,
    so a subclass sets what its hook reads before it calls ``super().__init__``.

    Args:
        tasks: The user's task functions; None if only workers outside the stack run tasks.
        local: Deploy to the local cloud: a layer for this machine, low concurrency, removable.
        removable: Delete data along with the stack; by default if ``local``.
        retention_days: Days that rows and payloads are kept after a task ended; 0 is for ever.
        max_payload_bytes: Largest input or result; 256 MiB by default.
        worker_memory: MB of the function that runs tasks.
        worker_timeout: Longest attempt at a task, up to Lambda's 15 minutes; 5 by default.
        worker_concurrency: Concurrent workers, 2 to 1,000; 0: none, as containers run all tasks.
            100 by default, 2 if ``local``.
        priority_concurrency: Further workers for tasks of high and urgent priority only; half of
            ``worker_concurrency`` by default, but at least 2.
        batch_memory: MB of the function that runs subtasks.
        max_concurrency: Concurrent batches of a step function task whose caller sets no limit; 100
            by default, 4 if ``local``.
        container_image: Contains taskmill and the task modules; runs the tasks whose type has
            ``runner="container"``, however long they take. Ignored if ``local``: run
            ``taskmill work`` yourself.
        container_cpu: CPU units of each container; 1,024 are one vCPU.
        container_memory: MiB of each container; Fargate allows certain values for each CPU size.
        container_queue: Create the queue of container tasks also without an image, for consumers
            of your own.
        pools: Workers of their own for some task types: ``WorkerPool`` in Lambda, ``ContainerPool``
            in containers. A type names one by ``@task(pool="...")``.
        environment: Environment variables of yours. All functions have them, as all import your
            modules.
        secrets: By the name of an environment variable, a ``secretsmanager.Secret`` or an
            ``ssm.StringParameter``: the variable holds the ARN of the one or the name of the other,
            and task functions may read the value.
        vpc: What runs task functions runs in its private subnets, with access to what is there;
            all else stays outside. Ignored if ``local``. See the guide for what it must reach.
        vpc_subnets: In these subnets of the VPC instead.
        security_groups: Of what runs task functions, in the VPC.
        snap_start: Restore new processes of all functions from SnapStart snapshots, which are
            charged also while nothing runs (decision 21). ``_build_*`` hooks of functions take
            ``snap_start``, too.
        bytecode: Add bytecode to code and layer, so that new processes start sooner. The synthesis
            must run the functions' Python version, and its patch version becomes part of the
            assets (decision 24).
        ids: Kind of code that a task gets if its submitter names none; ``integer`` counts up per
            tenant.
        api: Whether to create the HTTP API.
        auth: Who may call the API: ``sigv4()`` (the default), ``cognito(...)`` or ``jwt(...)``.
        console: Serve the web console at ``/console`` of the API, for people without AWS
            credentials: they sign in with the user pool or the issuer of ``auth``, or as a
            ``SignIn`` says. With ``sigv4()``, ``taskmill console`` serves it on one's own machine.
        environment_name: What the stack is, such as ``prod``: consoles show it, and ask twice
            before they act on many tasks of such a stack.
        redact: Names of fields that are masked in inputs and results of all types: ``["iban"]``.
        fast_start: Whether who submits a task also sends its message, so that it starts without
            waiting for the stream (decision 31).
        hand_back_after: How long messages wait in a worker behind a task that runs before it hands
            them back to the queue, for other workers; one second by default.
        warm_throughput: Of the table; see ``TaskTable``.
        callback_budget: Callbacks that one submitted task may cause in all, by callbacks of
            callbacks; 10,000 by default.
        tenant_limits: What one tenant may ask for; see ``TenantLimits``.
        alarm_email: Who gets a mail of each alarm; AWS asks them to confirm first.
        statistics: Whether to count tasks by status, type and hour, and to group errors, for the
            console and the routes of the same names; a ``Duration`` says how long changes are
            collected before they are counted, a minute by default. False frees the second of the
            two readers that the table's stream serves.
        sweep_every: How often a function looks for tasks whose message or event was lost, and
            sends it again; such as ``Duration.days(1)``. Each time it reads the whole table, so it
            costs something (docs/costs.md). None, the default: never, or once a day if a module
            declares a task type with ``concurrency=``, whose slots a lost message would hold.
        cors: Origins of web pages that may call the API and use presigned URLs, such as
            ``["https://app.example"]``, or whole settings of the API; None: none may.
        base_path: Path below which the API is mapped to a custom domain.
        rate_limit: Requests a second that the API accepts.
        burst_limit: Requests at once that the API accepts.
        encryption_key: Key of the topics; see ``Notifications`` for what is encrypted without one.
        log_level: Lowest level that is logged.
        log_retention: How long logs are kept.
        build_folder: Where layers and code are staged; not for version control.
        **props: Any of ``Stack``: ``env``, ``description``, ``tags`` ...
    """

    @checked
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
        pools: Sequence[Pool] = (),
        environment: Mapping[str, str] | None = None,
        secrets: Mapping[str, Any] | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        snap_start: bool = False,
        bytecode: bool = False,
        ids: Ids = "ulid",
        api: bool = True,
        auth: Auth | None = None,
        console: bool | SignIn = False,
        environment_name: str | None = None,
        redact: Sequence[str] = (),
        fast_start: bool = True,
        hand_back_after: Duration | None = None,
        warm_throughput: dynamodb.WarmThroughput | None = None,
        callback_budget: int = CALLBACK_BUDGET,
        tenant_limits: TenantLimits | None = None,
        cors: Cors | None = None,
        base_path: str | None = None,
        rate_limit: int = 1_000,
        burst_limit: int = 2_000,
        encryption_key: kms.IKey | None = None,
        alarm_email: str | Sequence[str] | None = None,
        statistics: bool | Duration = True,
        sweep_every: Duration | None = None,
        log_level: lambda_.ApplicationLogLevel = lambda_.ApplicationLogLevel.INFO,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        build_folder: Path = DEFAULT_BUILD_FOLDER,
        **props: Any,
    ) -> None:
        if container_image is not None and not local:
            names = ("container_cpu", "container_memory")
            check_fargate_size(container_cpu, container_memory, names=names)
        resources = UserResources(
            environment=environment or {},
            secrets=secrets or {},
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
        )
        super().__init__(scope, construct_id, **props)
        removable = local if removable is None else removable
        target = HOST if local else AWS
        code = stage_function_code(
            tasks,
            build_folder,
            bytecode_for=target.python if bytecode else None,
            outside=[output_folder(self)],
        )

        self._tasks, self._local, self._fast_start = tasks, local, fast_start
        self._code, self._build_folder, self._resources = code, build_folder, resources
        network = {} if local else resources.network
        self.functions = []
        layer = self._build_layer(tasks, target, build_folder, bytecode=bytecode)
        self.task_types = self._check_code(pools, layer, python=target.python)
        self._function_props = {
            "code": lambda_.Code.from_asset(str(code)),
            "layers": [layer],
            "log_level": log_level,
            "log_retention": log_retention,
            "snap_start": snap_start,
        }
        self.table = self._build_table(recoverable=not removable, warm_throughput=warm_throughput)
        self.payloads = self._build_payloads(
            retention_days=retention_days, cors_origins=origins(cors)
        )
        self._environment = common_environment(
            table=self.table,
            payloads=self.payloads,
            tasks=tasks,
            retention_days=retention_days,
            max_payload_bytes=max_payload_bytes,
            ids=ids,
            log_level=log_level,
            limits=redact_settings(redact)
            | limit_settings(
                callback_budget=callback_budget, tenant=tenant_limits or TenantLimits()
            )
            | pool_settings(pools)
            | hand_back_settings(hand_back_after),
            variables=resources.variables,
        )
        self.notifications = self._build_notifications(encryption_key=encryption_key)
        self.notifications.mail_alarms(alarm_email or ())
        self.worker = self._build_worker(
            memory_size=worker_memory, timeout=worker_timeout or Duration.minutes(5), **network
        )
        self.dead_letters_handler = self._build_dead_letters_handler()
        self.work_queue = self._build_work_queue(
            max_concurrency=_given(worker_concurrency, default=2 if local else 100),
            priority_concurrency=priority_concurrency,
            containers=container_queue or container_image is not None,
        )
        self.pools, self.container_pools, self._known_pools = {}, {}, pools
        for pool in pools:
            self._add_pool(
                pool, tasks=tasks, local=local, log_retention=log_retention, network=network
            )
        self.schedules = self._build_schedules()
        self.split = self._build_split(max_concurrency or (4 if local else 100))
        self.batch = self._build_batch(memory_size=batch_memory, **network)
        self.finish = self._build_finish()
        self.workflow = self._build_workflow(log_retention=log_retention, pools=self.pool_batches)
        self.dispatcher = self._build_dispatcher()
        self.statistics = self._statistics_of(wanted=statistics)
        self.container_workers = None
        if container_image is not None and not local:
            self.container_workers = self._build_container_workers(
                image=container_image,
                cpu=container_cpu,
                memory_mib=container_memory,
                log_retention=log_retention,
                **network,
            )
        self._api = None
        if api:
            self._api = self._build_api(
                auth=auth,
                cors=cors,
                base_path=base_path,
                rate_limit=rate_limit,
                burst_limit=burst_limit,
                log_retention=log_retention,
            )
            self._mark_api(marks_of(self, environment_name))
        self._console = self._add_console(
            console=console,
            environment_name=environment_name,
            base_path=base_path,
            build_folder=build_folder,
            log_retention=log_retention,
        )
        if sweep_every is None and self._has_limits:
            sweep_every = Duration.days(1)  # a message that is lost would hold its slots for good
        self.sweep = None if sweep_every is None else self._build_sweep(sweep_every)
        self.monitoring = self._build_monitoring()

        self._grant_permissions()
        for secret in resources.secrets.values():
            self.grant_tasks(secret.grant_read)
        if fast_start:
            self._start_fast()
        self._print_outputs()
        apply_removal_policy(self, removable=removable)

    def _statistics_of(self, *, wanted: bool | Duration) -> Statistics | None:
        if wanted is False:
            return None
        return self._build_statistics(every=wanted if isinstance(wanted, Duration) else None)

    def grant_submit(self, grantee: iam.IGrantable) -> None:
        """Allow everything a ``TaskService`` does: submit, read, list, change a status."""
        self._data_permissions().grant_submit(grantee)

    def grant_work(self, grantee: iam.IGrantable) -> None:
        """Allow what running tasks takes, except for the queue: see ``WorkQueue.grant_consume``."""
        self._data_permissions().grant_work(grantee)

    # --- the permissions -------------------------------------------------------------------------

    def _grant_permissions(self) -> None:
        data = self._data_permissions()
        self.grant_work(self.worker)
        data.grant_fail(self.dead_letters_handler)
        for batch in self.workflow.batches:  # what is granted twice is in a policy once
            data.grant_fan_out(split=self.split, batch=batch, finish=self.finish)
        for pool in self.pools.values():
            self.grant_work(pool.worker)
        self._grant_dispatch(self.dispatcher.function)
        for containers in (self.container_workers, *self.container_pools.values()):
            if containers is not None:
                self.grant_work(containers.task_role)
                containers.grant_consume()
        if self._api is not None:
            data.grant_serve(self._api.function)
            self._show_health(self._api.function)
            self.dispatcher.grant_redrive(self._api.function)
        if self.statistics is not None:
            data.grant_count(self.statistics.function)
        if self.sweep is not None:
            self._grant_sweep(self.sweep)

    def _show_health(self, function: lambda_.Function) -> None:
        """Let a function count the messages of the queues that people look after.

        Of the work queues, it may also ask how old the oldest message is.
        """
        grant_read_metrics(function)
        for name, queue in {
            "DEAD_LETTERS": self.work_queue.dead_letters,
            "UNREADABLE": self.work_queue.unreadable,
            "FAILURE_QUEUE": self.dispatcher.failure_queue,
            "FAILURE_DEAD_LETTERS": self.dispatcher.dead_letters,
            "WORKFLOW_DEAD_LETTERS": self.workflow.dead_letters,
        }.items():
            queue.grant(function, "sqs:GetQueueAttributes")
            function.add_environment(f"TASKMILL_{name}_URL", queue.queue_url)

    def _start_fast(self) -> None:
        """Let the functions that store new tasks send them; they know the URLs of all queues."""
        self.work_queue.grant_send(self.worker)  # children; tasks of schedules
        self.worker.add_environment("TASKMILL_FAST_START", "1")
        functions = [self.dispatcher.function, *([self._api.function] if self._api else [])]
        for function in functions:
            # The worker's code is deployed first: it must know why a message has no task yet.
            function.node.add_dependency(self.worker)
            self.work_queue.grant_send(function)
            for name, url in (*self.work_queue.urls().items(), ("TASKMILL_FAST_START", "1")):
                function.add_environment(name, url)

    def _grant_sweep(self, sweep: Sweep) -> None:
        self._data_permissions().grant_sweep(sweep.function)
        self.work_queue.grant_send(sweep.function)
        self.workflow.grant_start(sweep.function)
        self.workflow.grant_describe(sweep.function)
        sweep.grant_read_metrics()

    def _grant_dispatch(self, grantee: iam.IGrantable) -> None:
        self._data_permissions().grant_dispatch(grantee)
        self.work_queue.grant_send(grantee)
        self.dispatcher.grant_park(grantee)
        self.workflow.grant_start(grantee)
        self.workflow.grant_stop(grantee)
        self.notifications.grant_publish(grantee)
        self.schedules.grant_manage(grantee)

    def _data_permissions(self) -> DataPermissions:
        return DataPermissions(table=self.table, payloads=self.payloads)

    # --- the outputs -----------------------------------------------------------------------------

    def _print_outputs(self) -> None:
        outputs = stack_outputs(
            region=self.region,
            table=self.table,
            payloads=self.payloads,
            work_queue=self.work_queue,
            workflow=self.workflow,
            notifications=self.notifications,
            worker=self.worker,
            dispatcher=self.dispatcher,
            api=self._api,
            pools=self._known_pools,
        )
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


def _given(value: int | None, *, default: int) -> int:
    return default if value is None else value
