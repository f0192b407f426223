"""Reads what a message asks for that is no task's key: a new task."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.sqs.protocol import Delivery
from taskmill.model.errors import InvalidKey, TaskmillError, UnreadableMessage
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.left_out import LEFT_OUT
from taskmill.work.triggers.sources import Source, by_name

_SUBMIT, _TOPIC = '"submit"', '"TopicArn"'  # no task's key has quotes, so none contains these
_PATH = "$."


class NothingAsked(TaskmillError):
    """The message only says that its sender can send."""

    code = "nothing_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A task that a message asks for.

    Attributes:
        input: Its JSON value, or `LEFT_OUT`.
        source: Who asks; stored as the task's submitter.
    """

    key: TaskKey
    input: Any
    source: str


class TriggerReader:
    """Reads triggers from messages: of EventBridge rules, of topics, of queues of the user's.

    Args:
        sources: The topics and queues; what a rule sends says itself what it starts.
    """

    def __init__(self, sources: Iterable[Source] = ()) -> None:
        known = tuple(sources)
        self._topics = by_name("topic", known)
        self._queues = by_name("queue", known)

    def read(self, delivery: Delivery) -> Trigger | None:
        """The trigger in a message; None: it is another kind of message.

        Raises:
            NothingAsked: The message is a test of its sender's.
            UnreadableMessage: It is malformed, or names what no task can have.
        """
        body = delivery.body
        try:
            if source := self._queues.get(delivery.queue):
                return _of_source(source, delivery.id, _value(body))
            if _SUBMIT in body and (asked := _object(body)) and "submit" in asked:
                return _of_rule(asked["submit"])
            if _TOPIC in body and (note := _object(body)) and "TopicArn" in note:
                return self._of_topic(note)
        except (InvalidKey, KeyError, TypeError, AttributeError) as wrong:
            raise UnreadableMessage(
                f"the message starts no task: {wrong!r}", field="body"
            ) from None
        return None

    def _of_topic(self, note: Mapping[str, Any]) -> Trigger:
        name = str(note["TopicArn"]).rpartition(":")[2]
        if (source := self._topics.get(name)) is None:
            raise InvalidKey(f"nothing is subscribed to topic {name!r}", field="TopicArn")
        return _of_source(source, note["MessageId"], _value(note["Message"]))


def _of_rule(asked: Mapping[str, Any]) -> Trigger:
    """What a rule's target makes of an event: see `TaskTarget` of the CDK package."""
    tenant = asked["tenant"]
    if tenant not in asked.get("tenants", [tenant]):
        raise InvalidKey(f"tenant {tenant!r} is not one that the rule may name", field="tenant")
    key = TaskKey(Kind.TASK, tenant, asked["type"], asked["code"])
    return Trigger(key=key, input=asked.get("input", LEFT_OUT), source=str(asked.get("by", "rule")))


def _of_source(source: Source, message: str, value: Any) -> Trigger:
    if isinstance(value, dict) and value.get("Event") == "s3:TestEvent":
        raise NothingAsked(f"S3 has tested {source.kind} {source.name}")
    tenant = _found(source.tenant, value)
    code = message if source.code is None else _found(source.code, value)
    key = TaskKey(Kind.TASK, tenant, source.type, code)
    return Trigger(key=key, input=value, source=f"{source.kind}:{source.name}")


def _found(name: str, value: Any) -> Any:
    """A name as it is, or what a path such as `$.order.id` finds in the message."""
    if not name.startswith(_PATH):
        return name
    for part in name.removeprefix(_PATH).split("."):
        value = value[part]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _value(text: str) -> Any:
    """The input in a message: an object or a list if it is one in JSON, else the text itself."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list) else text


def _object(body: str) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableMessage("the message is no JSON", field="body") from None
    return value if isinstance(value, dict) else None
