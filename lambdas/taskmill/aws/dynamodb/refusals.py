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
# Of a single write to a row that a transaction holds. botocore does not retry it: its standard mode
# knows only `TransactionInProgressException` (botocore/retries/standard.py).
CONFLICT = "TransactionConflictException"
# Reasons of a cancelled transaction, and errors of the whole call, that pass.
BUSY = frozenset(
    {
        "TransactionConflict",
        "TransactionInProgress",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "InternalServerError",
        CONFLICT,
        "TransactionInProgressException",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
    }
)
# Of a call that can never work: the values, or the row that they meet, are not what it takes.
INVALID = frozenset({"ValidationException", "ValidationError", "SerializationException"})


class ConditionFailed(Exception):
    """The condition of a write failed. `old` is the row as it was; None: there is none."""

    def __init__(self, old: Mapping[str, Any] | None) -> None:
        super().__init__("conditional write refused")
        self.old = old


class RowsRefused(Exception):
    """Some rows of a bulk write can never be written; all others were.

    Attributes:
        done: For each row, as the bulk write returns it; False for the refused ones.
        reasons: What DynamoDB said about each refused row, by its position.
    """

    def __init__(self, done: list[bool], reasons: Mapping[int, str]) -> None:
        first = next(iter(reasons.values()))
        super().__init__(f"{len(reasons)} of {len(done)} rows cannot be stored: {first}")
        self.done = done
        self.reasons = reasons


def error_code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def cancellation_codes(error: ClientError) -> list[str]:
    """The reason for each action of a cancelled transaction; "None": it did not fail."""
    return [each.get("Code", "None") for each in error.response.get("CancellationReasons", [])]


def pause_seconds(attempt: int) -> float:
    """The pause before a retry: a random time of up to 50 ms * 2 ** `attempt` (from 0)."""
    import random

    return random.uniform(0, 0.05 * 2 ** min(attempt, 5))  # noqa: S311  # jitter, not a secret
