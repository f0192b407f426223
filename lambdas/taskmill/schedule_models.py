"""What callers send and get of recurring schedules."""

from taskmill.model.api.schedules import NewSchedule, Schedule, fire_after

__all__ = [
    "NewSchedule",
    "Schedule",
    "fire_after",
]
