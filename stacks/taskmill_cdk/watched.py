"""The parts of a stack that alarms and the dashboard are about."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_lambda as lambda_

from taskmill_cdk.api import TaskApi
from taskmill_cdk.dispatcher import Dispatcher
from taskmill_cdk.schedules import Schedules
from taskmill_cdk.table import TaskTable
from taskmill_cdk.work_queue import WorkQueue
from taskmill_cdk.workflow import SubtaskWorkflow


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The parts of a stack that alarms and the dashboard are about; None: there is none."""

    functions: Sequence[lambda_.Function]
    work_queue: WorkQueue
    dispatcher: Dispatcher
    workflow: SubtaskWorkflow
    api: TaskApi | None
    table: TaskTable | None
    schedules: Schedules | None
