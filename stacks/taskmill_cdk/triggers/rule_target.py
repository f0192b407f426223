"""``TaskTarget``: a target of EventBridge rules that starts a task with each event."""

import json
import re
from collections.abc import Sequence
from typing import Any

import jsii
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk.interfaces.aws_events import IRuleRef

from taskmill_cdk.triggers.names import check_name, is_path

_VARIABLE = re.compile(r"<[^<>]*>")


@jsii.implements(events.IRuleTarget)
class TaskTarget:
    """Starts a task with each event of a rule, by a message on the work queue.

    The rule may send to that queue and to no other. An event that EventBridge cannot send for 24
    hours goes to the queue of unreadable messages.

    Args:
        queue: The work queue.
        undelivered: Takes events that could not be sent.
        task_type: Type of the tasks.
        tenant: Of the tasks: a name, or a path into the event such as ``$.detail.tenant``.
        tenants: Which tenants a path may lead to; None: any that can be one.
        input: Of the tasks: a path into the event, a ``RuleTargetInput``, or any JSON, in which
            ``EventField`` stands for a part of the event; by default the event's ``detail``. None:
            there is no input, for task functions without an argument.
        code: Of the tasks: a path into the event. Events with the same code start one task. By
            default the event's id, which stays the same however often the event is delivered.
        **props: Any of ``targets.SqsQueue``: ``max_event_age``, ``retry_attempts`` ...

    Raises:
        ValueError: A name or a path is none.
    """

    def __init__(
        self,
        queue: sqs.IQueue,
        *,
        undelivered: sqs.IQueue,
        task_type: str,
        tenant: str,
        tenants: Sequence[str] | None = None,
        input: Any = "$.detail",  # noqa: A002  # as targets of the CDK call it
        code: str = "$.id",
        **props: Any,
    ) -> None:
        check_name("task_type", task_type)
        check_name("tenant", tenant, path="the event")
        for each in tenants or ():
            check_name("tenants", each)
        if not is_path(code):
            raise ValueError(f"code is {code!r}; give a path into the event, such as '$.detail.id'")
        self._queue = queue
        self._undelivered = undelivered
        self._asked: dict[str, Any] = {"type": task_type, "tenant": tenant, "code": code}
        if tenants is not None:
            self._asked["tenants"] = list(tenants)
        self._input = _input(input)
        self._props = props

    def bind(self, rule: IRuleRef, id: str | None = None) -> events.RuleTargetConfig:  # noqa: A002
        """What EventBridge is to send; the CDK calls it."""
        asked = {**self._asked, "by": f"rule:{rule.node.id}"}
        target = targets.SqsQueue(
            self._queue,
            message=_Message(asked, self._input),
            **{"dead_letter_queue": self._undelivered, **self._props},
        )
        return target.bind(rule, id)


class _Message(events.RuleTargetInput):
    """The body of the message: ``{"submit": {...}}``, which ``taskmill.work.triggers`` reads."""

    def __init__(self, asked: dict[str, Any], given: events.RuleTargetInput | None) -> None:
        super().__init__()
        self._asked = asked
        self._given = given

    def bind(self, rule: IRuleRef) -> events.RuleTargetInputProperties:
        paths, members = {}, []
        for name, value in self._asked.items():
            if isinstance(value, str) and is_path(value):
                paths[f"taskmill-{name}"] = value
                members.append(f'"{name}":<taskmill-{name}>')
            else:
                members.append(f'"{name}":{json.dumps(value)}')
        if self._given is not None:
            given = self._given.bind(rule)
            paths |= given.input_paths_map or {}
            if given.input_path is not None:
                paths["taskmill-input"] = given.input_path
                text = "<taskmill-input>"
            else:
                text = given.input_template or given.input or "null"
            members.append(f'"input":{text}')
        return events.RuleTargetInputProperties(
            input_paths_map=paths, input_template=f'{{"submit":{{{",".join(members)}}}}}'
        )


def _input(given: Any) -> events.RuleTargetInput | None:
    if given is None:
        return None
    if isinstance(given, events.RuleTargetInput):
        return given
    if isinstance(given, str) and is_path(given):
        return events.RuleTargetInput.from_event_path(given)
    _check_literal(given)
    return events.RuleTargetInput.from_object(given)


def _check_literal(value: Any) -> None:
    """Refuse texts that EventBridge would take for variables of its template."""
    if isinstance(value, str) and _VARIABLE.search(value):
        raise ValueError(
            f"input has {value!r}, and EventBridge takes <...> for a part of the event: leave it to"
            " the task, or use EventField.from_path"
        )
    if isinstance(value, dict):
        value = [*value, *value.values()]
    for each in value if isinstance(value, list | tuple) else ():
        _check_literal(each)
