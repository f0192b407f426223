"""Recurring schedules on the deployed stack: EventBridge's entries, and tasks when they are due."""

from typing import Any

from deployed import Outputs, aws_client, ended, eventually

from taskmill.client import TaskClient
from taskmill.models import Task


def entry(stack: Outputs, tenant: str) -> dict[str, Any] | None:
    """What EventBridge has of the tenant's only schedule."""
    scheduler, group = aws_client(stack, "scheduler"), stack["ScheduleGroup"]
    for each in scheduler.list_schedules(GroupName=group)["Schedules"]:
        found: dict[str, Any] = scheduler.get_schedule(GroupName=group, Name=each["Name"])
        if found.get("Description") == f"SCHEDULE#{tenant}/minutely":
            return found
    return None


def is_as(stack: Outputs, tenant: str, **wanted: str) -> bool:
    found = entry(stack, tenant) or {}
    return all(found.get(name) == value for name, value in wanted.items())


def test_a_schedule_submits_each_minute_until_it_is_paused(under_way: Any, stack: Outputs) -> None:
    client, tenant = under_way.client, under_way.minutely.tenant_code
    eventually(lambda: is_as(stack, tenant, State="ENABLED"))

    def fired() -> list[Task]:
        return [each for each in client.list("echo") if each.schedule == "minutely"]

    # Its clock is looked at every ten seconds, and the first look only sets it.
    *_, task = eventually(fired, seconds=100, every=1)
    assert client.result(ended(client, task)) == {"year": 2026}
    assert task.created_by == client.schedule("minutely").created_by

    client.pause_schedule("minutely")
    eventually(lambda: is_as(stack, tenant, State="DISABLED"))


def test_an_entry_follows_its_schedule(client: TaskClient, stack: Outputs, tenant: str) -> None:
    client.put_schedule("minutely", "echo", "rate(1 day)", paused=True)
    eventually(lambda: is_as(stack, tenant, State="DISABLED", ScheduleExpression="rate(1 day)"))

    cron, zone = "cron(0 6 ? * MON-FRI *)", "Europe/Berlin"
    client.put_schedule("minutely", "echo", cron, timezone=zone)
    eventually(
        lambda: is_as(
            stack,
            tenant,
            State="ENABLED",
            ScheduleExpression=cron,
            ScheduleExpressionTimezone=zone,
        )
    )

    client.delete_schedule("minutely")
    eventually(lambda: entry(stack, tenant) is None)
