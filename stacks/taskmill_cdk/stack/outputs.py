"""The stack outputs: what clients of a deployed stack need to know."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Stage
from constructs import Construct

from taskmill_cdk.api import TaskApi
from taskmill_cdk.dispatcher import Dispatcher
from taskmill_cdk.notifications import Notifications
from taskmill_cdk.payload_bucket import PayloadBucket
from taskmill_cdk.table import TaskTable
from taskmill_cdk.task_function import TaskFunction
from taskmill_cdk.work_queue import WorkQueue
from taskmill_cdk.worker_pool import Pool, pool_settings
from taskmill_cdk.workflow import SubtaskWorkflow


def output_folder(scope: Construct) -> Path:
    """Where the CDK app writes what it synthesises."""
    app = scope.node.root
    return Path(app.outdir if isinstance(app, Stage) else "cdk.out").resolve()


def stack_outputs(
    *,
    region: str,
    table: TaskTable,
    payloads: PayloadBucket,
    work_queue: WorkQueue,
    workflow: SubtaskWorkflow,
    notifications: Notifications,
    worker: TaskFunction,
    dispatcher: Dispatcher,
    api: TaskApi | None,
    pools: Sequence[Pool],
) -> dict[str, str]:
    """Names, URLs and ARNs of the resources, by the name of the output."""
    outputs = {
        "TableName": table.table.table_name,
        "BucketName": payloads.bucket.bucket_name,
        "QueueUrl": work_queue.queue.queue_url,
        "PriorityQueueUrl": work_queue.priority_queue.queue_url,
        "DeadLettersUrl": work_queue.dead_letters.queue_url,
        "UnreadableUrl": work_queue.unreadable.queue_url,
        "StateMachineArn": workflow.state_machine.state_machine_arn,
        "StatusTopicArn": notifications.status_topic.topic_arn,
        "AlarmTopicArn": notifications.alarm_topic.topic_arn,
        "WorkerFunctionName": worker.function_name,
        "DispatcherFunctionName": dispatcher.function.function_name,
        "Region": region,
    }
    if work_queue.container_queue is not None:
        outputs["ContainerQueueUrl"] = work_queue.container_queue.queue_url
    if pools:
        outputs |= {"Pools": pool_settings(pools)["TASKMILL_POOLS"]}
        outputs |= {
            f"{pool.construct_name}QueueUrl": work_queue.pool_queues[pool.name].queue_url
            for pool in pools
        }
    if api is not None:
        outputs |= {"ApiId": api.http_api.api_id, "ApiUrl": api.url}
    return outputs
