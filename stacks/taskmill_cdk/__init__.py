"""CDK constructs of taskmill: ``TaskStack``, and its parts for stacks of your own.

Everything that runs during synthesis lives here, and all that imports ``aws_cdk``. Nothing here
runs in a Lambda function or imports ``taskmill``.
"""

from taskmill_cdk import bundled_node as bundled_node  # before anything that imports aws_cdk

# isort: split
from taskmill_cdk.api import TaskApi
from taskmill_cdk.auth import Auth, cognito, jwt, sigv4
from taskmill_cdk.bytecode import BytecodeError
from taskmill_cdk.console import Console, ConsoleError
from taskmill_cdk.container_scaling import ContainerScaling
from taskmill_cdk.container_workers import ContainerWorkers
from taskmill_cdk.dispatcher import Dispatcher
from taskmill_cdk.limits import TenantLimits
from taskmill_cdk.monitoring import Monitoring
from taskmill_cdk.notifications import Notifications
from taskmill_cdk.payload_bucket import PayloadBucket
from taskmill_cdk.pool_workers import PoolWorkers
from taskmill_cdk.runtime_layer import RuntimeLayer, RuntimeLayerError
from taskmill_cdk.schedules import Schedules
from taskmill_cdk.sign_in import SignIn
from taskmill_cdk.stack import TaskStack
from taskmill_cdk.statistics import Statistics
from taskmill_cdk.sweep import Sweep
from taskmill_cdk.table import TaskTable
from taskmill_cdk.task_function import TaskFunction
from taskmill_cdk.task_source import TaskSource, TaskSourceError
from taskmill_cdk.triggers import TaskSubscription, TaskTarget
from taskmill_cdk.work_queue import WorkQueue, hidden_for
from taskmill_cdk.worker_pool import ContainerPool, Pool, WorkerPool
from taskmill_cdk.workflow import SubtaskWorkflow

__all__ = [
    "Auth",
    "BytecodeError",
    "Console",
    "ConsoleError",
    "ContainerPool",
    "ContainerScaling",
    "ContainerWorkers",
    "Dispatcher",
    "Monitoring",
    "Notifications",
    "PayloadBucket",
    "Pool",
    "PoolWorkers",
    "RuntimeLayer",
    "RuntimeLayerError",
    "Schedules",
    "SignIn",
    "Statistics",
    "SubtaskWorkflow",
    "Sweep",
    "TaskApi",
    "TaskFunction",
    "TaskSource",
    "TaskSourceError",
    "TaskStack",
    "TaskSubscription",
    "TaskTable",
    "TaskTarget",
    "TenantLimits",
    "WorkQueue",
    "WorkerPool",
    "cognito",
    "hidden_for",
    "jwt",
    "sigv4",
]
