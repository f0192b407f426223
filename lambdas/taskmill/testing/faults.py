"""Faults of DynamoDB that no emulator has: conflicts with transactions, lost answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from taskmill.testing.chaos import Chaos
from taskmill.testing.dynamodb import refused
from taskmill.testing.typed_values import Item

_WRITES = ("put_item", "update_item", "delete_item")
# Reasons beside which others may stand: API reference, TransactWriteItems, CancellationReasons.
_BUSY = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")


class FaultyTable:
    """A client of a table whose writes meet the faults that a `Chaos` names.

    Args:
        table: Returns the client whose calls it makes.
        chaos: How often each fault occurs; its seed decides when.
    """

    def __init__(self, table: Callable[[], Any], chaos: Chaos) -> None:
        self._table = table
        self._chaos = chaos
        self._random = random.Random(chaos.seed)  # noqa: S311  # faults; no secret
        self._named: set[tuple[str, str]] = set()

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._table(), name)
        return partial(self._write, call) if name in _WRITES else call

    def batch_execute_statement(self, *, Statements: Sequence[Mapping[str, Any]]) -> Any:
        """Statements on rows that are busy are refused one by one; the others are run."""
        busy = [self._happens(self._chaos.conflicts) for _ in Statements]
        free = [each for each, is_busy in zip(Statements, busy, strict=True) if not is_busy]
        answers = iter(self._twice(self._table().batch_execute_statement, free) if free else ())
        conflict = {"Error": {"Code": "TransactionConflict", "Message": "the row is busy"}}
        return {"Responses": [conflict if is_busy else next(answers) for is_busy in busy]}

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> Any:
        """Cancelled for a mixture of reasons, or else run once: boto3 sends it under a token."""
        actions = [next(iter(each.values())) for each in TransactItems]
        self._named.update(_keys(each.get("Key") or each["Item"]) for each in actions)
        if not self._happens(self._chaos.conflicts):
            return self._table().transact_write_items(TransactItems=TransactItems)
        if self._happens(0.2):
            raise refused("TransactionInProgressException", "the same transaction is in progress")
        reasons = self._reasons(TransactItems)
        for place in self._random.sample(range(len(reasons)), k=1 + len(reasons) // 3):
            reasons[place] = {"Code": self._random.choice(_BUSY)}
        raise refused("TransactionCanceledException", "cancelled", CancellationReasons=reasons)

    def _reasons(self, actions: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        """For each action alone: whether its condition fails."""
        reasons = []
        for action in actions:
            ((_, request),) = action.items()
            reasons.append(self._table().reason(request))
        return reasons

    def _write(self, call: Callable[..., Any], **request: Any) -> Any:
        keys = _keys(request.get("Key") or request["Item"])
        if keys in self._named and self._happens(self._chaos.conflicts):
            raise refused("TransactionConflictException", "a transaction is ongoing for the item")
        if self._happens(self._chaos.lost_answers):
            call(**request)
        return call(**request)

    def _twice(self, call: Callable[..., Any], statements: Sequence[Any]) -> Iterable[Any]:
        if self._happens(self._chaos.lost_answers):
            call(Statements=statements)
        return call(Statements=statements)["Responses"]  # type: ignore[no-any-return]

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self._random.random() < probability


def _keys(item: Item) -> tuple[str, str]:
    return (item["pk"]["S"], item["sk"]["S"])
