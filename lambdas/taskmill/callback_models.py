"""What callers send and get of callback mappings, and what a callback is given."""

from taskmill.model.api.callbacks import CallbackMapping, Event, NewCallback, TaskEnded

__all__ = [
    "CallbackMapping",
    "Event",
    "NewCallback",
    "TaskEnded",
]
