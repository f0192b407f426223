"""A call of a Django task as the input of a taskmill task, and which task type runs it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from taskmill.contrib.django.interface import Task

DEFAULT_TYPE = "django"
DEFAULT_QUEUE = "default"


@dataclass(frozen=True)
class DjangoCall:
    """The input of a task that runs a Django task.

    Attributes:
        path: Of the Django task, "shop.tasks.send_mail".
    """

    path: str
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)


def type_of(queue_name: str) -> str:
    """The task type of a queue: "django" for the queue "default", else "django-QUEUE"."""
    return DEFAULT_TYPE if queue_name == DEFAULT_QUEUE else f"{DEFAULT_TYPE}-{queue_name}"


def find_task(path: str) -> Any:
    """The Django task with a path; the module that defines it is imported.

    Raises:
        LookupError: There is no such task.
    """
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise LookupError(f"there is no Django task {path!r}: {error}") from None
    if not isinstance(found, Task):
        raise LookupError(  # noqa: TRY004  # the path is wrong, not the type of an argument
            f"{path!r} is no Django task: it is not decorated with @task"
        )
    return found
