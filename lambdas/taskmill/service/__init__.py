"""What callers may ask of tasks: submit, read, change, schedule, register callbacks.

Decides and writes rows; what follows from a row is the dispatcher's. May import `fanout` and
everything below; knows neither HTTP nor the command line.
"""

from taskmill.service.task_service import TaskService

__all__ = ["TaskService"]
