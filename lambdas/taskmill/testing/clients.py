"""Clients that count what is called, cost it, and may crash the caller at a chosen call."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Crash(BaseException):
    """The process died here: no `except Exception` stops it."""


@dataclass
class Meter:
    """AWS calls by `service.operation`, and the write units that the table's changes cost."""

    calls: Counter[str] = field(default_factory=Counter)
    writes: int = 0
    write_units: int = 0
    crash_at: int | None = None
    crash_after: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def call(self, name: str, run: Callable[[], Any]) -> Any:
        """Run one call; crash before or after it when it is the chosen one."""
        with self._lock:
            self.calls[name] += 1
            chosen = self.calls.total() == self.crash_at
            if chosen and not self.crash_after:
                raise Crash(name)
            answer = run()
            if chosen:
                raise Crash(name)
            return answer


class MeteredClient:
    """A client whose calls go through the meter."""

    def __init__(self, service: str, client: Any, meter: Meter) -> None:
        self._service = service
        self._client = client
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name.startswith("generate_"):
            return call
        return lambda **request: self._meter.call(
            f"{self._service}.{name}", lambda: call(**request)
        )
