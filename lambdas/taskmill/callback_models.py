"""Public names: models of callback mappings, and `TaskEnded`, the input of a callback task."""

from taskmill.model.api.callbacks import CallbackMapping, Event, NewCallback, TaskEnded

__all__ = [
    "CallbackMapping",
    "Event",
    "NewCallback",
    "TaskEnded",
]
