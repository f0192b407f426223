"""The task service: submit, read and change tasks, schedules and callback mappings.

It checks requests and writes rows; the dispatcher reacts to the row changes. May import `fanout`
and everything below; knows neither HTTP nor the command line.
"""

from taskmill.service.task_service import TaskService

__all__ = ["TaskService"]
