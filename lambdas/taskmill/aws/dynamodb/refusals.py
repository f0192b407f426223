"""Error codes of DynamoDB writes: failed conditions, throttling, conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

REFUSED_IN_TRANSACTION = "ConditionalCheckFailed"
REFUSED = frozenset({"ConditionalCheckFailed", "DuplicateItem"})
THROTTLED = frozenset(
    {
        "ThrottlingError",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceeded",
        "TransactionConflict",
        "InternalServerError",
    }
)
BUSY = frozenset({"TransactionConflict", "TransactionInProgressException", "ThrottlingError"})


class ConditionFailed(Exception):
    """The condition of a write failed. `old` is the row as it was; None: there is none."""

    def __init__(self, old: Mapping[str, Any] | None) -> None:
        super().__init__("conditional write refused")
        self.old = old


def error_code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def cancellation_codes(error: ClientError) -> list[str]:
    """The reason for each action of a cancelled transaction; "None": it did not fail."""
    return [each.get("Code", "None") for each in error.response.get("CancellationReasons", [])]


def back_off(attempt: int) -> None:
    """Sleep before a retry: a random time of up to 50 ms * 2 ** `attempt` (from 0)."""
    import random
    import time

    time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311  # jitter, not a secret
