"""A task service with encrypted queues and a second, larger worker.

Two subclasses override four hooks; all other parts are the defaults.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from taskmill_cdk import TaskFunction, TaskSource, TaskStack, WorkQueue, hidden_for

_TASKS = TaskSource(folder=Path(__file__).with_name("tasks"), modules=["report_tasks"])

# A task has three attempts by default; the last one is for the large worker.
_TRIES_OF_THE_SMALL_WORKER = 2


class EscalatingQueue(WorkQueue):
    """A ``WorkQueue`` whose messages get a last attempt by a larger worker, with encrypted queues.

    A function that runs out of memory cannot report it: its message becomes visible again. After
    two such deliveries the message goes to the larger worker, and after those to the dead letters.
    All queues are encrypted with one customer managed KMS key.

    Args:
        large_worker: The same handler with more memory.
        **props: Any of ``WorkQueue``.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, large_worker: TaskFunction, **props: Any
    ) -> None:
        self._hidden = hidden_for(large_worker)  # hooks run in the next line
        super().__init__(scope, construct_id, **props)
        large_worker.add_environment("TASKMILL_QUEUE_URL", self.large_queue.queue_url)
        self.take_unreadable_of(large_worker)
        large_worker.add_event_source(
            SqsEventSource(
                self.large_queue,
                batch_size=1,  # a task that needs much memory shares it with no other
                report_batch_item_failures=True,
                max_concurrency=self.max_concurrency,
            )
        )

    @cached_property
    def key(self) -> kms.Key:
        return kms.Key(self, "Key", enable_key_rotation=True)

    @cached_property
    def large_queue(self) -> sqs.Queue:
        return super()._build_queue(
            "LargeQueue", encryption_master_key=self.key, visibility_timeout=self._hidden
        )

    def _build_dead_letters(self, **props: Any) -> sqs.Queue:
        return super()._build_dead_letters(encryption_master_key=self.key, **props)

    def _build_unreadable(self, **props: Any) -> sqs.Queue:
        return super()._build_unreadable(encryption_master_key=self.key, **props)

    def _build_queue(self, construct_id: str, **props: Any) -> sqs.Queue:
        """Called for each of the queues that the small worker drains."""
        return super()._build_queue(
            construct_id,
            encryption_master_key=self.key,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.large_queue, max_receive_count=_TRIES_OF_THE_SMALL_WORKER
            ),
            **props,
        )


class EncryptedQueueStack(TaskStack):
    """``TaskStack`` with an ``EscalatingQueue``.

    Args:
        large_worker_memory: MB of the second worker.
        **props: Any of ``TaskStack``.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        large_worker_memory: int = 3008,
        **props: Any,
    ) -> None:
        self.large_worker_memory = large_worker_memory  # hooks run in the next line
        super().__init__(scope, construct_id, tasks=_TASKS, **props)

    def _build_work_queue(self, **props: Any) -> WorkQueue:
        # A function made here gets the runtime, the tasks, the alarms and the dashboard as well.
        self.large_worker = self.add_function(
            "LargeWorker",
            "work.handler",
            memory_size=self.large_worker_memory,
            timeout=self.worker.timeout,
        )
        return EscalatingQueue(
            self,
            "WorkQueue",
            worker=self.worker,
            large_worker=self.large_worker,
            dead_letters_handler=self.dead_letters_handler,
            **props,
        )

    def _grant_permissions(self) -> None:
        super()._grant_permissions()
        self.grant_work(self.large_worker)
