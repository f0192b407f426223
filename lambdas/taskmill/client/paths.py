"""URL paths of the task API."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from taskmill.model.keys import Kind, TaskKey

COLLECTIONS: Mapping[Kind, str] = {Kind.TASK: "tasks", Kind.SFN_TASK: "step-function-tasks"}


def tenant_path(tenant: str) -> str:
    """The URL path of a tenant."""
    return f"/v1/tenants/{quote(tenant, safe='')}"


def collection_of(kind: Kind, tenant: str) -> str:
    """The URL path of all tasks of one kind."""
    return f"{tenant_path(tenant)}/{COLLECTIONS[kind]}"


def path_of(key: TaskKey) -> str:
    """The URL path of a task, step function task or subtask."""
    whole = f"{collection_of(key.kind, key.tenant)}/{key.type}/{key.code}"
    return whole if key.index is None else f"{whole}/subtasks/{key.index}"
