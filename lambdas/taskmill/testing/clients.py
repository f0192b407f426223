"""boto3 clients that count calls, and can crash the caller at a chosen call."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from taskmill.model.interruptions import Interruption


class Crash(Interruption):
    """A simulated end of the process: no `except Exception` catches it."""


@dataclass
class Meter:
    """Counts AWS calls, and the write units of the table; can simulate a crash.

    Attributes:
        calls: Number of calls by `service.operation`, as `dynamodb.update_item`.
        writes: Changes of items.
        write_units: Write units that DynamoDB would bill for these changes, without indexes.
        crash_at: Which call crashes, counted from 1; None for no crash.
        crash_after: Crash after the call was made instead of before.
        fault: Called with the name of each call; what it returns is raised instead of making the
            call. So a test can play an outage, or a throttle. None: no faults.
        fault_after: Make the call first, so that only its answer is lost.
    """

    calls: Counter[str] = field(default_factory=Counter)
    writes: int = 0
    write_units: int = 0
    crash_at: int | None = None
    crash_after: bool = False
    fault: Callable[[str], Exception | None] | None = None
    fault_after: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def lock(self) -> threading.RLock:
        """Held during each call, so that calls do not meddle with each other."""
        return self._lock

    def call(self, name: str, run: Callable[[], Any]) -> Any:
        """Run one call.

        Raises:
            Crash: It is the call chosen by `crash_at`.
            Exception: The one that `fault` returned.
        """
        with self._lock:
            self.calls[name] += 1
            chosen = self.calls.total() == self.crash_at
            if chosen and not self.crash_after:
                raise Crash(name)
            fault = self.fault(name) if self.fault else None
            if fault is not None and not self.fault_after:
                raise fault
            answer = run()
            if chosen:
                raise Crash(name)
            if fault is not None:
                raise fault
            return answer


class MeteredClient:
    """A client whose calls go through a `Meter`, except presigning, which calls no service.

    Args:
        answered: Called after each call that was answered.
    """

    def __init__(
        self,
        service: str,
        client: Any,
        meter: Meter,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        self._service = service
        self._client = client
        self._meter = meter
        self._answered = answered

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name.startswith("generate_"):
            return call

        def answered(**request: Any) -> Any:
            try:
                return call(**request)
            finally:
                self._answered()

        return lambda **request: self._meter.call(
            f"{self._service}.{name}", lambda: answered(**request)
        )
