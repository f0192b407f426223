"""Topics and queues of the user's whose messages start tasks: what the worker knows of them."""

import json
from typing import Any

from aws_cdk import Token
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource

from taskmill_cdk.task_function import entry_of
from taskmill_cdk.triggers.names import check_name
from taskmill_cdk.work_queue import hidden_for

_VARIABLE = "TASKMILL_TRIGGERS"
_DEFAULT_HIDDEN = 30  # seconds: the visibility timeout of a queue that names none


class TriggerSources:
    """Tells the functions that read messages what those of each topic and queue start.

    Args:
        worker: Receives the messages of all of them, or from the work queue.
        dead_letters_handler: Reads messages of topics that became dead letters.
    """

    def __init__(self, *, worker: lambda_.Function, dead_letters_handler: lambda_.Function) -> None:
        self._worker = worker
        self._functions = (worker, dead_letters_handler)
        self._sources: list[dict[str, str]] = []

    def add_topic(
        self, topic: sns.ITopic, *, task_type: str, tenant: str, code: str | None = None
    ) -> None:
        """Let the messages of a topic that is subscribed to the work queue start tasks."""
        self._add("topic", topic.topic_name, task_type=task_type, tenant=tenant, code=code)

    def add_queue(
        self,
        queue: sqs.IQueue,
        *,
        task_type: str,
        tenant: str,
        code: str | None = None,
        **props: Any,
    ) -> None:
        """Let the worker receive from a queue, and its messages start tasks.

        Args:
            **props: Any of ``SqsEventSource``.

        Raises:
            ValueError: The queue shows messages again while the worker still works on them.
        """
        _check_hidden(queue, self._worker)
        name = queue.queue_name
        self._add("queue", name, task_type=task_type, tenant=tenant, code=code, url=queue.queue_url)
        defaults = {"batch_size": 10, "report_batch_item_failures": True, "max_concurrency": 10}
        source = SqsEventSource(queue, **{**defaults, **props})
        entry_of(self._worker).add_event_source(source)

    def _add(
        self,
        kind: str,
        name: str,
        *,
        task_type: str,
        tenant: str,
        code: str | None,
        url: str | None = None,
    ) -> None:
        check_name("task_type", task_type)
        check_name("tenant", tenant, path="the message")
        if code is not None:
            check_name("code", code, path="the message")
        given = {
            "kind": kind,
            "name": name,
            "tenant": tenant,
            "type": task_type,
            "code": code,
            "url": url,
        }
        source = {field: value for field, value in given.items() if value is not None}
        if any((each["kind"], each["name"]) == (kind, name) for each in self._sources):
            raise ValueError(f"the {kind} {name} starts tasks already: one type for each {kind}")
        self._sources.append(source)
        text = json.dumps(self._sources, separators=(",", ":"))
        for function in self._functions:
            function.add_environment(_VARIABLE, text)


def _check_hidden(queue: sqs.IQueue, worker: lambda_.Function) -> None:
    """Lambda refuses a queue whose visibility timeout is shorter than the function's timeout."""
    resource = queue.node.default_child
    if not isinstance(resource, sqs.CfnQueue):
        return  # it is imported: nobody knows here
    hidden = resource.visibility_timeout
    needed = hidden_for(worker).to_seconds()
    if hidden is not None and Token.is_unresolved(hidden):
        return
    seconds = _DEFAULT_HIDDEN if hidden is None else hidden
    if seconds < needed:
        raise ValueError(
            f"the queue {queue.node.path} hides its messages for {seconds:g} s, less than the"
            f" {needed:g} s that the worker needs: give it"
            " visibility_timeout=hidden_for(stack.worker)"
        )
