"""The backend for Django's setting `TASKS`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.module_loading import import_string

import taskmill.wiring.connecting  # noqa: F401  # finds the task service that the settings name
from taskmill.contrib.django.calls import DjangoCall, find_task, type_of
from taskmill.contrib.django.interface import (
    BaseTaskBackend,
    TaskResult,
    TaskResultDoesNotExist,
    TaskResultStatus,
    task_enqueued,
)
from taskmill.contrib.django.results import result_of
from taskmill.functions.backends import Backend, current_backend
from taskmill.model.errors import InvalidKey, InvalidRequest, PayloadMissing, TaskNotFound
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status

GivenTenant = str | Callable[[], str] | None


class TaskmillBackend(BaseTaskBackend):  # type: ignore[misc]  # Django ships no types
    """Enqueues Django tasks as taskmill tasks, over the API or straight into the table.

    A queue is a task type: "default" is the type "django", any other queue "django-QUEUE". The
    worker defines them with `django_tasks`. Which API and which credentials follow from the
    environment, as for `TaskClient`, or from `taskmill.connect`.

    Priorities: below 0 is "low", 0 the type's own, above 0 "high", above 50 "urgent".

    `OPTIONS` may have `TENANT`: a tenant, a function that returns the tenant of the present
    request, or the path of one; by default `TASKMILL_TENANT`. Results of other tenants are not
    found.
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Store a taskmill task that runs the Django task.

        Raises:
            InvalidTask: The task has an unknown queue, or a `run_after` without time zone.
            TypeError: An argument is no JSON.
            TaskmillError: The API refused it, or cannot be reached.
        """
        self.validate_task(task)
        # Makes the arguments JSON, by Django's rules.
        plain = _unstored(task, self.alias, list(args), dict(kwargs))
        tenant, backend = self._tenant()
        stored = backend.submit(
            type_of(task.queue_name),
            {"path": task.module_path, "args": plain.args, "kwargs": plain.kwargs},
            tenant=tenant,
            execute_now=None,
            name=task.module_path[:256],
            run_at=_aware(task.run_after),
            priority=_priority(task.priority),
        )
        result = result_of(stored, task, args=plain.args, kwargs=plain.kwargs)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> Any:
        """The present state of a task.

        Raises:
            TaskResultDoesNotExist: This tenant has no such task of one of the backend's queues.
        """
        tenant, backend = self._tenant()
        try:
            stored = backend.get(self._key(result_id, tenant))
            given: Any = stored.input if stored.input is not None else backend.input(stored.key)
            call = DjangoCall(**given)
            task = find_task(call.path).using(backend=self.alias)
            value = backend.result(stored.key) if stored.status is Status.COMPLETED else None
        except (TaskNotFound, InvalidKey, PayloadMissing, LookupError, TypeError) as error:
            raise TaskResultDoesNotExist(f"{result_id}: {error}") from error
        return result_of(stored, task, args=call.args, kwargs=call.kwargs, value=value)

    def _key(self, result_id: str, tenant: str) -> TaskKey:
        task_type, _, code = result_id.partition(":")
        if self.queues and task_type not in {type_of(each) for each in self.queues}:
            raise InvalidKey(f"{result_id!r} is of none of the backend's queues", field="id")
        return TaskKey(Kind.TASK, tenant, task_type, code)

    def _tenant(self) -> tuple[str, Backend]:
        given: GivenTenant = self.options.get("TENANT")
        if isinstance(given, str) and "." in given:
            given = import_string(given)
        named = given() if callable(given) else given
        backend = current_backend(named)
        if (tenant := named or backend.tenant) is None:
            raise InvalidRequest(
                'whose task? Set TASKMILL_TENANT, or OPTIONS = {"TENANT": ...} in TASKS',
                field="tenant",
            )
        return tenant, backend


def _unstored(task: Any, alias: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    moments = dict.fromkeys(("enqueued_at", "started_at", "finished_at", "last_attempted_at"))
    return TaskResult(
        task=task,
        id="",
        status=TaskResultStatus.READY,
        args=args,
        kwargs=kwargs,
        backend=alias,
        errors=[],
        worker_ids=[],
        **moments,
    )


def _aware(moment: dt.datetime | None) -> dt.datetime | None:
    """With USE_TZ = False, Django's times are in the current time zone."""
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def _priority(priority: int) -> str | None:
    if priority == 0:
        return None
    if priority < 0:
        return "low"
    return "urgent" if priority > 50 else "high"
