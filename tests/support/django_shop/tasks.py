"""Tasks in Django's own way: nothing here knows taskmill."""

import asyncio
from typing import Any

import django

if django.VERSION >= (6, 0):
    from django.tasks import TaskContext, task
else:
    from django_tasks import TaskContext, task

RUNS: list[Any] = []


class PaymentRefused(Exception):
    """An exception of the project's own."""


@task
def add(first: int, second: int = 1) -> int:
    return first + second


@task(queue_name="reports", priority=10)
def report(text: str) -> dict[str, Any]:
    return {"length": len(text), "text": text}


@task
async def wait_and_add(first: int, second: int) -> int:
    await asyncio.sleep(0)
    return first + second


@task(takes_context=True)
def second_time(context: TaskContext, order: int) -> int:
    RUNS.append(context.attempt)
    if context.attempt == 1:
        raise PaymentRefused(order)
    return context.attempt


@task
def refused(order: int) -> None:
    raise PaymentRefused(order)


@task
def divided(number: int) -> float:
    return 1 / number


def no_task() -> None:
    pass
