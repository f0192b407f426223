"""Public names: the events that `@event_handler` functions receive."""

from taskmill.functions.events import (
    StepFunctionTaskEvent,
    TaskEvent,
    TaskQueueEvent,
    change_from_record,
    key_from_body,
)

__all__ = [
    "StepFunctionTaskEvent",
    "TaskEvent",
    "TaskQueueEvent",
    "change_from_record",
    "key_from_body",
]
