"""What task code asks for on behalf of another tenant: its trace, or a refusal (decision 27)."""

from __future__ import annotations

from collections.abc import Mapping

from taskmill.functions.running import RUNNING
from taskmill.model.api.requests import InvokeContext
from taskmill.model.errors import Forbidden
from taskmill.model.limits import MAX_LOG_IDS
from taskmill.model.rows.task_row import TaskRow


def foreign_source(tenant: str, *, allowed: bool) -> TaskRow | None:
    """The running task, if it belongs to another tenant than the one it acts for; else None.

    Raises:
        Forbidden: It may not: the stack refuses it.
    """
    source = RUNNING.get()
    if source is None or source.key.tenant == tenant:
        return None
    if not allowed:
        raise Forbidden(
            f"{source.key} may not act for tenant {tenant!r}: this stack has"
            " TenantLimits(cross_tenant_submits=False)",
            field="tenantCode",
        )
    return source


def traced(
    context: InvokeContext, source: TaskRow | None, *, own_log_ids: Mapping[str, str] | None = None
) -> InvokeContext:
    """The context with the user, request id and log ids of the task that acts.

    Args:
        source: What `foreign_source` returned.
        own_log_ids: Those of the new task, which come first: there are ten at most.
    """
    if source is None:
        return context
    own = {**(context.log_ids or {}), **(own_log_ids or {})}
    more = {name: each for name, each in (source.log_ids or {}).items() if name not in own}
    room = MAX_LOG_IDS - len(own)
    return InvokeContext(
        user=context.user or source.created_by or str(source.key),
        source_ip=context.source_ip or source.created_ip,
        request_id=context.request_id or source.request_id,
        log_ids={**dict(list(more.items())[: max(room, 0)]), **(context.log_ids or {})} or None,
    )
