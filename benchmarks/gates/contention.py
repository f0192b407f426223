"""How many transactions a second one gate bears, if each takes as long as DynamoDB's do.

`python -m benchmarks.gates.contention`: dispatchers in threads get slots of one gate for their
tasks, as many in a transaction as they have; a transaction that meets another one at a row is
cancelled with `TransactionConflict`, as DynamoDB does it, and repeated as in production. Real time.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Mapping
from typing import Any

from taskmill.aws.dynamodb.flow_control.gates import GateStore
from taskmill.aws.dynamodb.table import Table
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.testing.dynamodb import MemoryTable, refused
from taskmill.testing.schema import TABLE_SCHEMA

TRANSACTION_SECONDS = 0.015  # of some 10 to 20 ms in a region
SECONDS = 5.0
GATE = LimitId("t", "limit")


class Contended(MemoryTable):
    """A table whose transactions take time, and exclude each other at the rows that they name."""

    def __init__(self) -> None:
        super().__init__(TABLE_SCHEMA)
        self.lock, self.busy, self.conflicts = threading.Lock(), set[str](), 0

    def transact_write_items(self, *, TransactItems: Any, **_: Any) -> Any:  # noqa: N803  # AWS's
        actions: list[Mapping[str, Any]] = [next(iter(each.values())) for each in TransactItems]
        names = {str(each.get("Key") or each["Item"]) for each in actions}
        with self.lock:
            if self.busy & names:
                self.conflicts += 1
                reasons = [{"Code": "TransactionConflict"} for _ in actions]
                raise refused("TransactionCanceledException", "", CancellationReasons=reasons)
            self.busy |= names
        time.sleep(TRANSACTION_SECONDS)
        with self.lock:
            try:
                return super().transact_write_items(TransactItems=TransactItems)
            finally:
                self.busy -= names


def measured(dispatchers: int, together: int) -> tuple[float, float, float, int]:
    """Transactions and slots a second, the longest wait in s, and how many gave up."""
    client = Contended()
    store, tasks = GateStore(Table(client, "t")), TaskStore(Table(client, "t"), retention_days=1)
    done, waits, lost = [0] * dispatchers, list[float](), [0] * dispatchers
    ends = time.monotonic() + SECONDS

    def dispatch(number: int) -> None:
        while time.monotonic() < ends:
            keys = [
                TaskKey(Kind.TASK, "t", "x", f"{number}-{done[number]}-{each}-{lost[number]}")
                for each in range(together)
            ]
            gates = ((str(GATE), 10**9),)
            rows = [TaskRow(key=key, status=Status.CREATED, gates=gates) for key in keys]
            for row in rows:
                tasks.put(row)
            began = time.monotonic()
            try:
                store.admit([(row, 1) for row in rows], {GATE: 10**9}, now=0)
                done[number] += 1
            except Exception:  # noqa: BLE001  # `Throttled` after ten tries
                lost[number] += 1
            waits.append(time.monotonic() - began)

    threads = [threading.Thread(target=dispatch, args=(each,)) for each in range(dispatchers)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    rate = sum(done) / SECONDS
    return rate, rate * together, statistics.quantiles(waits, n=100)[98], sum(lost)


if __name__ == "__main__":
    print("dispatchers  tasks together  transactions/s  slots/s  p99 s  gave up")
    for dispatchers, together in ((1, 1), (1, 10), (4, 1), (4, 10), (10, 1), (10, 10), (10, 50)):
        rate, slots, wait, lost = measured(dispatchers, together)
        print(f"{dispatchers:11}  {together:14}  {rate:14.0f}  {slots:7.0f}  {wait:5.2f}  {lost:7}")
