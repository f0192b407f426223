"""Runs Django tasks in taskmill's workers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django
from django.db import close_old_connections

from taskmill.contrib.django.calls import DEFAULT_TYPE, DjangoCall, find_task
from taskmill.contrib.django.interface import (
    TaskContext as DjangoContext,
)
from taskmill.contrib.django.interface import (
    TaskResult,
    TaskResultStatus,
    task_finished,
    task_started,
)
from taskmill.contrib.django.results import worker_ids
from taskmill.functions.context import TaskContext
from taskmill.functions.task_decorator import task
from taskmill.functions.task_functions import TaskFunction
from taskmill.model.errors import Abort
from taskmill.model.retry import Retry


def django_tasks(
    task_type: str = DEFAULT_TYPE, *, retry: Retry | None = None, **settings: Any
) -> TaskFunction:
    """Define the task type that runs the Django tasks of a queue.

    `DJANGO_SETTINGS_MODULE` must be set, for example by `TaskStack(environment=...)`. Django is set
    up before the first task. Database connections that are too old or broken are closed before
    and after each task, as around a request. A `@task` of Django with `takes_context=True` gets a
    context with the number of its attempt.

    Args:
        task_type: "django" for the queue "default", "django-QUEUE" for another.
        retry: By default 3 attempts, as for any task. Django's own rule would be
            `Retry(max_attempts=1)`.
        settings: Further settings of `@task`: `timeout_seconds`, `pool`, `parallel`, …
    """
    policy = retry or Retry()

    def run(call: DjangoCall, ctx: TaskContext) -> Any:
        django.setup()
        close_old_connections()
        try:
            return _run(call, ctx, policy)
        finally:
            close_old_connections()

    declared: TaskFunction = task(task_type, retry=policy, **settings)(run)
    return declared


def _run(call: DjangoCall, ctx: TaskContext, policy: Retry) -> Any:
    try:
        found = find_task(call.path)
    except LookupError as missing:
        raise Abort(str(missing)) from None
    result = _result(found, call, ctx)
    task_started.send(type(found.get_backend()), task_result=result)
    first = (DjangoContext(task_result=result),) if found.takes_context else ()
    try:
        value = found.call(*first, *result.args, **result.kwargs)
    except Exception as error:
        if not policy.allows(error, ctx.attempt):
            _finish(result, TaskResultStatus.FAILED)
        raise
    object.__setattr__(result, "_return_value", value)
    _finish(result, TaskResultStatus.SUCCESSFUL)
    return value


def _result(found: Any, call: DjangoCall, ctx: TaskContext) -> Any:
    """The result as Django's signals and contexts have it while a task runs."""
    now = dt.datetime.now(dt.UTC)
    return TaskResult(
        task=found,
        id=f"{ctx.key.type}:{ctx.key.code}",
        status=TaskResultStatus.RUNNING,
        enqueued_at=None,
        started_at=now,
        finished_at=None,
        last_attempted_at=now,
        args=call.args,
        kwargs=call.kwargs,
        backend=found.backend,
        errors=[],
        worker_ids=worker_ids(ctx.key.code, ctx.attempt),
    )


def _finish(result: Any, status: Any) -> None:
    object.__setattr__(result, "status", status)
    object.__setattr__(result, "finished_at", dt.datetime.now(dt.UTC))
    task_finished.send(type(result.task.get_backend()), task_result=result)
