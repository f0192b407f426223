"""A client that enters every call in the ledger, also those that AWS refuses."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.ledger import bills
from benchmarks.ledger.usage import Usage, What
from taskmill.testing.dynamodb import MemoryTable
from taskmill.testing.sizes import item_size


@dataclass
class Ledger:
    """Where calls are entered.

    Attributes:
        where: The name of the function that makes a call, given the operation.
    """

    table: MemoryTable
    where: Callable[[str], str]
    usage: Usage = field(default_factory=Usage)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def enter(self, operation: str, what: What, amount: float = 1) -> None:
        self.usage.add(what, self.where(operation), operation, amount)


@dataclass
class CountedClient:
    """Passes calls on and enters what AWS would bill for them."""

    service: str
    client: Any
    ledger: Ledger

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)
        if name.startswith("generate_"):  # signed here, without a call
            return call
        run = self._run_dynamodb if self.service == "dynamodb" else self._run_other

        def counted(**request: Any) -> Any:
            with self.ledger.lock:
                self.ledger.enter(f"{self.service}.{name}", What.CALLS)
                return run(name, call, request)

        return counted

    def _run_dynamodb(self, name: str, call: Any, request: dict[str, Any]) -> Any:
        enter, operation, table = self.ledger.enter, f"dynamodb.{name}", self.ledger.table
        keys = bills.keys_written(name, request)
        before = [table.get_item(Key=dict(key)).get("Item") for key in keys]
        try:
            answer = call(**request)
            read = self._read(name, request, answer)
            enter(operation, What.READ_UNITS, bills.units_read(name, request, read, table.schema))
        finally:
            after = [table.get_item(Key=dict(key)).get("Item") for key in keys]
            pairs = list(zip(before, after, strict=True))
            index = sum(bills.index_units(table.schema, old, new) for old, new in pairs)
            enter(operation, What.WRITES, len(after))
            enter(operation, What.WRITE_UNITS, bills.units_written(name, before, after))
            enter(f"{operation} (index)", What.WRITE_UNITS, index)
            enter(operation, What.BYTES, sum(map(item_size, after)))
        return answer

    def _read(self, name: str, request: dict[str, Any], answer: Any) -> Any:
        """The answer with what was read; one that only counts rows does not show them."""
        if request.get("Select") != "COUNT":
            return answer
        shown = {each: value for each, value in request.items() if each != "Select"}
        return getattr(self.client, name)(**shown)

    def _run_other(self, name: str, call: Any, request: dict[str, Any]) -> Any:
        answer: Mapping[str, Any] = {}
        try:
            answer = call(**request)
        finally:
            for what, amount in bills.billed(self.service, name, request, answer):
                self.ledger.enter(f"{self.service}.{name}", what, amount)
        return answer
