"""A client that enters every call in the ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.ledger import bill_dynamodb, bill_others
from benchmarks.ledger.usage import Usage, What
from taskmill.testing.dynamodb import MemoryTable
from taskmill.testing.sizes import item_size


@dataclass
class Ledger:
    """Where calls are entered.

    Attributes:
        where: Says which function is at work.
    """

    table: MemoryTable
    where: Callable[[], str]
    usage: Usage = field(default_factory=Usage)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def enter(self, operation: str, what: What, amount: float = 1) -> None:
        self.usage.add(what, self.where(), operation, amount)

    def look(self, key: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return self.table.get_item(Key=dict(key)).get("Item")


class CountedClient:
    """Passes calls on and enters what AWS would bill for them, also for those that are refused."""

    def __init__(self, service: str, client: Any, ledger: Ledger) -> None:
        self._service = service
        self._client = client
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name.startswith("generate_"):  # signed here, without a call
            return call
        run = self._run_dynamodb if self._service == "dynamodb" else self._run_other
        return lambda **request: run(name, call, request)

    def _run_dynamodb(self, name: str, call: Any, request: dict[str, Any]) -> Any:
        ledger, operation = self._ledger, f"dynamodb.{name}"
        schema = ledger.table.schema
        keys = bill_dynamodb.keys_written(name, request)
        with ledger.lock:
            ledger.enter(operation, What.CALLS)
            before = [ledger.look(key) for key in keys]
            try:
                answer = call(**request)
                read = bill_dynamodb.units_read(name, request, answer, schema)
                ledger.enter(operation, What.READ_UNITS, read)
            finally:
                after = [ledger.look(key) for key in keys]
                self._enter_writes(name, operation, before, after)
            return answer

    def _enter_writes(self, name: str, operation: str, before: list[Any], after: list[Any]) -> None:
        ledger, schema = self._ledger, self._ledger.table.schema
        ledger.enter(operation, What.WRITES, len(after))
        ledger.enter(operation, What.WRITE_UNITS, bill_dynamodb.units_written(name, before, after))
        changes = list(zip(before, after, strict=True))
        index = sum(bill_dynamodb.index_units(schema, old, new) for old, new in changes)
        ledger.enter(f"{operation} (index)", What.WRITE_UNITS, index)
        ledger.enter(operation, What.BYTES, sum(item_size(new) for old, new in changes))

    def _run_other(self, name: str, call: Any, request: dict[str, Any]) -> Any:
        ledger, operation = self._ledger, f"{self._service}.{name}"
        answer: Mapping[str, Any] = {}
        with ledger.lock:
            ledger.enter(operation, What.CALLS)
            try:
                answer = call(**request)
            finally:
                for what, amount in bill_others.billed(self._service, name, request, answer):
                    ledger.enter(operation, what, amount)
            return answer
