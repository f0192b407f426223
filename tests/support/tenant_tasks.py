"""Task functions that act for a tenant other than their own."""

from typing import Any

from taskmill import task
from taskmill.models import CreateTask
from taskmill.wiring import current


@task("tenant-told")
def told(value: Any) -> Any:
    return value


@task("tenant-submits")
def submits(tenant: str) -> str:
    options: Any = {"log_ids": {"own": "1"}}
    return str(told.submit(1, tenant=tenant, code="there", **options).key)


@task("tenant-submits-async")
async def submits_async(tenant: str) -> str:
    return str(told.submit(1, tenant=tenant, code="there").key)


@task("tenant-maps")
def maps(tenant: str) -> str:
    return str(told.map([1, 2], tenant=tenant, code="there").key)


@task("tenant-submits-many")
def submits_many(tenant: str) -> None:
    tasks = [CreateTask(tenant_code=tenant, task_type="tenant-told", code="there")]
    current().service.create_tasks(tasks=tasks)


@task("tenant-schedules")
def schedules(tenant: str) -> None:
    current().service.schedule(
        tenant_code=tenant, name="there", task_type="tenant-told", expression="rate(1 hour)"
    )


@task("tenant-registers")
def registers(tenant: str) -> None:
    current().service.register_callback(
        tenant_code=tenant, task_type="tenant-told", event="success", callback_type="other"
    )
