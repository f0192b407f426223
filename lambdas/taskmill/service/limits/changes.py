"""Sets limits, and pauses and resumes task types and tenants."""

from __future__ import annotations

from dataclasses import dataclass, replace

from taskmill.aws.dynamodb.flow_control.pauses import Pause
from taskmill.aws.dynamodb.flow_control.settings import SetLimit
from taskmill.model.api.limits import LimitView, NewLimit, PauseList, PauseView
from taskmill.model.api.requests import InvokeContext
from taskmill.model.api.task_types import TaskTypes
from taskmill.model.clock import to_datetime
from taskmill.model.errors import InvalidRequest, TaskNotFound
from taskmill.model.flow_control.limit_ids import STACK, LimitId, pause_id
from taskmill.model.keys import check_name
from taskmill.model.options import hint_at
from taskmill.service.limits.declared import Kind
from taskmill.service.limits.reading import LimitReads, Standing


@dataclass(frozen=True, kw_only=True)
class LimitChanges(LimitReads):
    """Changes limits while work is under way; what holds a slot keeps it."""

    def set_limit(
        self,
        *,
        tenant_code: str | None,
        name: str,
        wanted: NewLimit,
        invoke_context: InvokeContext | None = None,
    ) -> LimitView:
        """Set a limit, in place of what the code says, for one key or for every key of the name.

        It is heeded by what comes; tasks that wait go on if there is more room now. One that is
        lowered takes no slot away: slots that are given back are not given out again until so few
        are held. Starts that a rate limit has granted already stand.

        Args:
            tenant_code: None: a limit that all tenants share.

        Raises:
            InvalidRequest: Both a concurrency and a rate are given, or neither is; or the code
                declares only the other kind by this name, or no key.
        """
        kind = _kind(wanted)
        tenant = tenant_code or STACK
        limit = LimitId(tenant, check_name("name", name), wanted.key or "")
        warning = self._checked(limit, kind)
        settings = self.limit_stores().settings
        before = settings.get(limit.place) or SetLimit()
        by = invoke_context.user if invoke_context else None
        settings.put(limit, limit.place, _changed(before, kind, wanted, by=by))
        return self._limit_view(limit, kind).model_copy(update={"warning": warning})

    def _checked(self, limit: LimitId, kind: Kind) -> str | None:
        """What is doubtful about setting a limit: the code declares none of this name.

        Raises:
            InvalidRequest: The code declares something else by this name.
        """
        declared = self.declared(limit.tenant)
        known = {each: found for (each, name), found in declared.items() if name == limit.name}
        if not known:
            alike = hint_at(limit.name, sorted({name for _, name in declared}))
            return f"no task type that is deployed has a limit named {limit.name!r}{alike}"
        if kind not in known:
            (other,) = known
            raise InvalidRequest(
                f"{limit.name!r} is a limit of {other}; give {other}", field=str(kind)
            )
        if limit.key and not known[kind].keyed:
            raise InvalidRequest(f"the limit {limit.name!r} does not count by key", field="key")
        return None

    def unset_limit(
        self, *, tenant_code: str | None, name: str, key: str | None = None
    ) -> LimitView:
        """Let what the code says apply again, and return the limit as it is then.

        Raises:
            TaskNotFound: Nothing was set.
        """
        limit = LimitId(tenant_code or STACK, check_name("name", name), key or "")
        settings = self.limit_stores().settings
        before = settings.get(limit.place)
        if not settings.delete(limit.place):
            shown = f" for the key {key!r}" if key else ""
            raise TaskNotFound(f"nothing is set for the limit {name!r}{shown}", field="name")
        return self._limit_view(
            limit, "rate" if before is not None and before.rate else "concurrency"
        )

    def pause(
        self,
        *,
        tenant_code: str,
        task_type: str | None = None,
        invoke_context: InvokeContext | None = None,
    ) -> PauseView:
        """Hold back the tasks of a type, or all of the tenant, until `resume`.

        Workers hear of it within 15 seconds. What runs, and what holds a slot of a limit, goes on;
        everything else is PARKED when its turn comes, without a message and without an attempt.
        Again, it changes nothing.

        Raises:
            Conflict: The stack has 1,000 pauses.
        """
        checked = check_name("taskType", task_type) if task_type else ""
        by = invoke_context.user if invoke_context else None
        pause = self.limit_stores().pauses.pause(check_name("tenant", tenant_code), checked, by=by)
        warning = self._unknown(checked) if checked else None
        return self._pause_view(pause).model_copy(update={"warning": warning})

    def _unknown(self, task_type: str) -> str | None:
        """What is doubtful about pausing a type: the code has none of this name."""
        known = self.task_types()
        if task_type in known:
            return None
        return f"no task type {task_type!r} is deployed{hint_at(task_type, known)}"

    def resume(self, *, tenant_code: str, task_type: str | None = None) -> PauseView:
        """Let tasks that were held back go on, in the order in which they were created.

        Raises:
            TaskNotFound: The type, or the tenant, is not paused.
        """
        checked = check_name("taskType", task_type) if task_type else ""
        ended = self.limit_stores().pauses.resume(check_name("tenant", tenant_code), checked)
        if ended is None:
            what = f"the type {task_type!r}" if task_type else f"the tenant {tenant_code!r}"
            raise TaskNotFound(f"{what} is not paused", field="taskType" if task_type else "tenant")
        return self._pause_view(ended, paused=False)

    def with_pauses(self, types: TaskTypes, *, tenant_code: str) -> TaskTypes:
        """Task types that tell which of them are paused for a tenant."""
        names = [each.type for each in types.types]
        held = self.limit_stores().pauses.held(check_name("tenant", tenant_code), names)
        told = (each.model_copy(update={"paused": each.type in held}) for each in types.types)
        return types.model_copy(update={"types": tuple(told)})

    def list_pauses(self, *, tenant_code: str) -> PauseList:
        """The pauses of a tenant: first its own, then those of its types by name."""
        found = self.limit_stores().pauses.of_tenant(check_name("tenant", tenant_code))
        ordered = sorted(found, key=lambda each: each.task_type)
        return PauseList(items=tuple(map(self._pause_view, ordered)))

    def _pause_view(self, pause: Pause, *, paused: bool = True) -> PauseView:
        gate = pause_id(pause.tenant, pause.task_type)
        return PauseView(
            type=pause.task_type or None,
            paused=paused,
            waiting=self.limit_stores().waiters.count(gate),
            at=to_datetime(pause.at) if paused else None,
            by=pause.by,
        )

    def _limit_view(self, limit: LimitId, kind: Kind) -> LimitView:
        standing = Standing(self, limit.tenant, limit.name)
        return standing.view((limit.name, limit.key, kind))


def _changed(before: SetLimit, kind: Kind, wanted: NewLimit, *, by: str | None) -> SetLimit:
    """What is set from now on; a limit of the other kind with the same name stays as it was."""
    if kind == "concurrency":
        return replace(before, concurrency=wanted.concurrency, by=by)
    return replace(
        before, rate=wanted.rate, per_seconds=wanted.per_seconds, burst=wanted.burst, by=by
    )


def _kind(wanted: NewLimit) -> Kind:
    """Whether a concurrency is to be set, or a rate.

    Raises:
        InvalidRequest: Both are given, or neither is.
    """
    if wanted.concurrency is not None:
        for field in ("rate", "per_seconds", "burst"):
            if getattr(wanted, field) is not None:
                raise InvalidRequest(
                    "give either concurrency or a rate, not both", field="concurrency"
                )
        return "concurrency"
    if wanted.rate is None:
        raise InvalidRequest("give concurrency or rate", field="concurrency")
    return "rate"
