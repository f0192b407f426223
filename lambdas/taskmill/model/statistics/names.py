"""Keys and attributes of the rows that hold statistics.

All figures are attributes of the row itself: DynamoDB's ADD reaches no further.
"""

from __future__ import annotations

from datetime import UTC, datetime

from taskmill.model.keys import StoredKey, check_name

STATISTICS_ROW = "STATISTICS"  # of `row`; the stream's filters let none of these through
HOUR_MS = 3_600_000
WAITING_MS = 600_000  # width of the steps in which waiting tasks are counted by age

MARK = "seen#"  # + shard: the newest change of it that the row has counted
WAITING = "since#"  # + number of ten minutes since 1970: tasks that wait since then
WAIT, RUN = "wait#", "run#"  # + bucket of the histogram
OF_HOUR = "hour#"  # + number of hours since 1970: occurrences of an error
EVENTS = ("created", "completed", "failed", "cancelled", "errored", "retried")
TENANTS = "TENANTS"


def gauge_partition(tenant: str) -> str:
    """The stored `pk` of the rows of a tenant's present numbers; one row per task type."""
    return f"STAT#{check_name('tenant', tenant)}"


def gauge_key(tenant: str, task_type: str) -> StoredKey:
    return StoredKey(gauge_partition(tenant), task_type)


def day_partition(tenant: str, day: str) -> str:
    """The stored `pk` of the hours of a day (yyyymmdd, UTC) of a tenant."""
    return f"{gauge_partition(tenant)}#{day}"


def hour_key(tenant: str, task_type: str, at: int) -> StoredKey:
    """The key of the row of the hour of a time (epoch ms)."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return StoredKey(day_partition(tenant, f"{moment:%Y%m%d}"), f"{task_type}#{moment:%H}")


def group_partition(tenant: str) -> str:
    """The stored `pk` of a tenant's error groups; a row per fingerprint and task type."""
    return f"ERR#{check_name('tenant', tenant)}"


def group_key(tenant: str, fingerprint: str, task_type: str) -> StoredKey:
    return StoredKey(group_partition(tenant), f"{fingerprint}#{task_type}")


def sample_key(tenant: str, fingerprint: str) -> StoredKey:
    """The key of the row of one whole error of a group, with its stack."""
    return StoredKey(f"SAMPLE#{check_name('tenant', tenant)}#{fingerprint}", "-")


def tenant_key(tenant: str) -> StoredKey:
    return StoredKey(TENANTS, tenant)
