"""Lists limits: what the code declares, what is set, what is held, and who waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from taskmill.aws.dynamodb.flow_control.limit_rows import RateRow
from taskmill.aws.dynamodb.flow_control.settings import SetLimit
from taskmill.functions.known_functions import FUNCTIONS
from taskmill.model.api.limits import LimitList, LimitView
from taskmill.model.clock import to_datetime
from taskmill.model.cursors import cursor_of, foreign_cursor, place_of
from taskmill.model.errors import InvalidRequest
from taskmill.model.flow_control.limit_ids import PAUSE, STACK, LimitId
from taskmill.model.flow_control.reservations import Pace
from taskmill.service.limits.declared import Declared, Kind, declared_limits
from taskmill.service.limits.stores import LimitStores
from taskmill.service.parts import ServiceParts

LIMITS = "of limits"
_NEXT = 10  # of those who wait: among these the oldest is looked for
_Line = tuple[str, str, Kind]  # name, key, kind: the order of the list


@dataclass(frozen=True, kw_only=True)
class LimitReads(ServiceParts):
    """Reads limits."""

    def list_limits(
        self,
        *,
        tenant_code: str | None,
        name: str | None = None,
        key: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> LimitList:
        """The limits of a tenant, or those that all tenants share, sorted by name and key.

        A limit by key appears once for every key, and with each key that was used within the last
        week, or set.

        Args:
            tenant_code: None: those of the stack.
            name: Only limits of this name.
            key: Only what applies to this key, used or not.
            limit: At most so many.
            cursor: Of the page before.

        Raises:
            InvalidRequest: The cursor is of another list.
        """
        found = Standing(self, tenant_code or STACK, name, key)
        lines = sorted(found.lines())
        after = _after(cursor)
        rest = [each for each in lines if after is None or each > after]
        page = rest[:limit]
        last = cursor_of(page[-1]) if len(rest) > limit else None
        return LimitList(items=tuple(map(found.view, page)), cursor=last)

    def limit_stores(self) -> LimitStores:
        """Where limits are stored.

        Raises:
            InvalidRequest: This process has no limits.
        """
        if self.limits is None:
            raise InvalidRequest("no limits are configured here", field="limits")
        return self.limits

    def declared(self, tenant: str) -> Mapping[tuple[Kind, str], Declared]:
        """The limits that the code declares for a tenant, or for `STACK`, by kind and name."""
        self.registry.try_load()
        scope = "stack" if tenant == STACK else "tenant"
        types = [(each, function.settings) for each, function in sorted(FUNCTIONS.items())]
        return {
            (kind, name): known
            for (kind, its, name), known in declared_limits(types).items()
            if its == scope
        }

    def task_types(self) -> list[str]:
        """Names of the task types that are deployed, sorted; none if the code does not load."""
        self.registry.try_load()
        return sorted(FUNCTIONS)


class Standing:
    """How the limits of a tenant stand at the moment."""

    def __init__(
        self, service: LimitReads, tenant: str, name: str | None = None, key: str | None = None
    ) -> None:
        self._tenant, self._name, self._key = tenant, name, key
        self._stores = stores = service.limit_stores()
        self._now = service.clock()
        self._declared = service.declared(tenant)
        wanted = (
            [stores.gates.of_tenant(tenant)]
            if name is None
            else [stores.gates.of_name(tenant, name)]
        )
        self._held = {each.id: each.held for gates in wanted for each in gates}
        self._rates = {each.id: each for each in stores.rows.rates(tenant)}
        rows = [each for each in stores.rows.set_limits(tenant) if each.values.says_something]
        self._set = {each.id: each.values for each in rows if not each.general}
        self._general = {each.id.name: each.values for each in rows if each.general}

    def lines(self) -> Iterator[_Line]:
        """What there is to tell of: each limit with its key, once."""
        found: set[_Line] = {(name, "", kind) for kind, name in self._declared}
        if self._key:
            found |= {
                (name, self._key, kind)
                for (kind, name), each in self._declared.items()
                if each.keyed
            }
        found |= {(each.name, each.key, "concurrency") for each in self._held}
        found |= {(each.name, each.key, "rate") for each in self._rates}
        for limit, values in self._set.items():
            found |= {(limit.name, limit.key, kind) for kind in values.kinds}
        for name, values in self._general.items():
            found |= {(name, "", kind) for kind in values.kinds}
        for line in found:
            if line[0] != PAUSE and self._name in (None, line[0]) and self._key in (None, line[1]):
                yield line

    def view(self, line: _Line) -> LimitView:
        """A limit as it is shown."""
        name, key, kind = line
        limit = LimitId(self._tenant, name, key)
        known = self._declared.get((kind, name))
        values = self._set.get(limit) or self._general.get(name) or SetLimit()
        told = self._slots(limit, known, values) if kind == "concurrency" else None
        rate = self._pace(limit, known, values) if kind == "rate" else None
        return LimitView(
            name=name,
            key=key or None,
            keyed=bool(known and known.keyed) or bool(key),
            kind=kind,
            scope="stack" if self._tenant == STACK else "tenant",
            types=known.types if known else (),
            set_by=values.by if kind in values.kinds else None,
            set_at=to_datetime(values.updated_at) if kind in values.kinds else None,
            **(told or rate or {}),
        )

    def _slots(self, limit: LimitId, known: Declared | None, values: SetLimit) -> dict[str, object]:
        declared = known.concurrency if known else None
        most = declared if values.concurrency is None else values.concurrency
        if known and known.keyed and not limit.key:
            return {"limit": most}
        held, waiters = self._held.get(limit, 0), self._stores.waiters
        # Whoever waits does so because all slots were held.
        waits = most is None or held >= most
        first = waiters.first(limit, _NEXT) if waits else []
        return {
            "limit": most,
            "held": held,
            "waiting": waiters.count(limit) if len(first) == _NEXT else len(first),
            "oldest_at": to_datetime(min((each.since for each in first), default=None)),
        }

    def _pace(self, limit: LimitId, known: Declared | None, values: SetLimit) -> dict[str, object]:
        declared = known.pace if known and known.pace else Pace(1, 1, 1)
        pace = values.pace(declared) if known or values.rate else None
        row = self._rates.get(limit) or RateRow(limit, 0, 0)
        told: dict[str, object] = {
            "paused_until": to_datetime(row.paused_until) if row.paused_until > self._now else None
        }
        if pace is None:
            return told
        (start,) = pace.starts([1], before=row.tat, now=self._now)
        return told | {
            "rate": pace.rate,
            "per_seconds": pace.per_seconds,
            "burst": pace.burst,
            "next_start_at": to_datetime(start) if start > self._now else None,
        }


def _after(cursor: str | None) -> _Line | None:
    if cursor is None:
        return None
    match place_of(cursor, LIMITS):
        case [str(name), str(key), "concurrency" | "rate" as kind]:
            return name, key, kind
    raise foreign_cursor(LIMITS)
