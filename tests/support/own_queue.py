"""A queue of a user's own making, in SQLite: what `TASKMILL_QUEUE_SERVICE` may name."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from taskmill.aws.sqs.protocol import Delivery, Message, message_body

_TABLE = "(id INTEGER PRIMARY KEY, body TEXT, visible_at REAL, receives INT DEFAULT 0)"


class SqliteQueue:
    now = staticmethod(time.time)  # tests put another clock here
    dead_letters: "SqliteQueue | None" = None

    def __init__(self, client_maker: Callable[[str], Any], url: str) -> None:
        self.client_maker, self.url = client_maker, url
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._rows.execute(f"CREATE TABLE messages {_TABLE}")

    def send(self, messages: Sequence[Message]) -> list[bool]:
        for each in messages:
            self._put(message_body(each.key), each.delay_seconds)
        return [True for _ in messages]

    def send_body(self, body: Mapping[str, Any]) -> None:
        self._put(json.dumps(body), 0)

    def receive(
        self, max_messages: int, wait_seconds: int = 0, hidden_seconds: int | None = None
    ) -> list[Delivery]:
        deadline = time.monotonic() + wait_seconds
        while not (found := self._take(min(max_messages, 10), hidden_seconds or 30)):
            if time.monotonic() >= deadline:
                break
            time.sleep(0.01)
        return found

    def delete(self, receipts: Iterable[str]) -> list[str]:
        for receipt in receipts:
            self._run("DELETE FROM messages WHERE id = ?", receipt.partition("-")[0])
        return []

    def show_again(self, receipts: Mapping[str, int]) -> list[str]:
        refused = []
        for receipt, seconds in receipts.items():
            changed = self._run(
                "UPDATE messages SET visible_at = ? WHERE id || '-' || receives = ? RETURNING id",
                self.now() + seconds,
                receipt,
            )
            if not changed:
                refused.append(receipt)
        return refused

    def _put(self, body: str, delay_seconds: int) -> None:
        at = self.now() + delay_seconds
        self._run("INSERT INTO messages (body, visible_at) VALUES (?, ?)", body, at)

    def _take(self, count: int, hidden_seconds: int) -> list[Delivery]:
        if self.dead_letters is not None:
            for body in self._run(
                "DELETE FROM messages WHERE receives >= 10 AND visible_at <= ? RETURNING body",
                self.now(),
            ):
                self.dead_letters._put(*body, 0)
        rows = self._run(
            "UPDATE messages SET receives = receives + 1, visible_at = ? WHERE id IN"
            " (SELECT id FROM messages WHERE visible_at <= ? LIMIT ?)"
            " RETURNING id, body, receives",
            self.now() + hidden_seconds,
            self.now(),
            count,
        )
        return [Delivery(str(name), f"{name}-{n}", body, n) for name, body, n in rows]

    def _run(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._rows.execute(statement, values).fetchall()
