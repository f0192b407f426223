"""Limits on what callers may cause, as environment variables of the functions."""

from dataclasses import dataclass, fields

CALLBACK_BUDGET = 10_000  # the runtime's default, as are those of TenantLimits


@dataclass(frozen=True, kw_only=True)
class TenantLimits:
    """What one tenant of a stack may ask for; what is beyond is refused (decision 27).

    Args:
        requests_per_second: Requests to the API that one environment of its function answers for
            a tenant, on average over ten seconds; None: no limit. There may be as many
            environments as there are requests at the same time.
        open_uploads: Presigned uploads that one environment signs for a tenant within the 15
            minutes that they are valid; None: no limit.
        schedules: Schedules that a tenant may have.
        mappings: Callback mappings that a tenant may have.
        cross_tenant_submits: Whether a task function may submit tasks of another tenant.
    """

    requests_per_second: int | None = None
    open_uploads: int | None = 1_000
    schedules: int = 1_000
    mappings: int = 1_000
    cross_tenant_submits: bool = True

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and not isinstance(value, bool) and value < 1:
                raise ValueError(f"TenantLimits: {each.name} is {value}; at least 1 is accepted")


def limit_settings(*, callback_budget: int, tenant: TenantLimits) -> dict[str, str]:
    """The variables of those limits that are not the runtime's defaults.

    Raises:
        ValueError: ``callback_budget`` is below 1.
    """
    if callback_budget < 1:
        raise ValueError(f"callback_budget is {callback_budget}; at least 1 is accepted")
    default = TenantLimits()
    given = {
        "TASKMILL_CALLBACK_BUDGET": (callback_budget, CALLBACK_BUDGET),
        "TASKMILL_TENANT_REQUESTS_PER_SECOND": (
            tenant.requests_per_second,
            default.requests_per_second,
        ),
        "TASKMILL_TENANT_OPEN_UPLOADS": (tenant.open_uploads, default.open_uploads),
        "TASKMILL_TENANT_SCHEDULES": (tenant.schedules, default.schedules),
        "TASKMILL_TENANT_MAPPINGS": (tenant.mappings, default.mappings),
        "TASKMILL_CROSS_TENANT_SUBMITS": (
            int(tenant.cross_tenant_submits),
            int(default.cross_tenant_submits),
        ),
    }
    return {name: str(value or 0) for name, (value, usual) in given.items() if value != usual}
