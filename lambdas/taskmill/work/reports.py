"""What an attempt tells and asks beside its work: progress reports, and looks for a cancel.

AWS may be unreachable for a while; that is no reason for a task to fail or to stand still. So each
of these calls is made in a thread of its own. The task code waits for it for 2 s at most, and sees
its errors only if they say that the attempt is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from taskmill.aws.passing import passes
from taskmill.model.errors import ClaimLost, TaskCancelled
from taskmill.work.back_off import BackOff
from taskmill.work.background import BackgroundCall
from taskmill.work.patience import CAP_SECONDS, Patience

PATIENCE_SECONDS = 2.0  # how long task code waits for a call beside its work

Progress = Mapping[str, Any]


class Reports:
    """Stores progress beside the work: the latest report only, until it is stored or replaced.

    Args:
        write: Stores progress; raises `ClaimLost` or `TaskCancelled` when the claim is lost.
        patience: Of the attempt: a report is tried again until its time is up.
    """

    def __init__(
        self, write: Callable[[Progress], object], patience: Patience, logger: Any
    ) -> None:
        self._write = write
        self._patience = patience
        self._logger = logger
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._latest: Progress | None = None
        self._tried: threading.Event | None = None  # of the running thread; None: there is none
        self._stopped: BaseException | None = None

    def report(self, progress: Progress) -> bool:
        """Store progress.

        Returns:
            Whether it is stored. False: the outcome must contain it, or a later report.

        Raises:
            TaskCancelled: The task was cancelled.
            ClaimLost: Another worker has the task now.
        """
        with self._lock:
            self._latest = progress
            tried = None if self._tried else threading.Event()
            self._tried = self._tried or tried
        if tried:
            BackgroundCall(lambda: self._store(tried))
            tried.wait(PATIENCE_SECONDS)
        with self._lock:
            if self._stopped is not None:
                raise self._stopped
            return self._latest is None

    def close(self) -> None:
        """Try no more: the attempt is over, and its outcome contains what is not stored."""
        self._closed.set()

    def _store(self, tried: threading.Event) -> None:
        """Store the latest progress, and what replaces it meanwhile."""
        back_off = BackOff(CAP_SECONDS)
        try:
            while (progress := self._next()) is not None:
                if self._try(progress):
                    back_off.reset()
                    continue
                tried.set()
                if self._patience.is_over:
                    return
                self._closed.wait(back_off.next_seconds())
        finally:
            with self._lock:
                self._tried = None if self._tried is tried else self._tried
            tried.set()

    def _next(self) -> Progress | None:
        with self._lock:
            if self._latest is None or self._closed.is_set() or self._stopped is not None:
                self._tried = None  # under this lock: a report from now on begins a new thread
                return None
            return self._latest

    def _try(self, progress: Progress) -> bool:
        """One try. False: it may succeed later."""
        try:
            self._write(progress)
        except (ClaimLost, TaskCancelled) as stop:
            self._stopped = stop
        except Exception as error:  # noqa: BLE001  # of AWS, or of the network: not the task's
            self._logger.warning("progress not stored", error=repr(error))
            if passes(error):
                return False
        except BaseException as end:  # noqa: BLE001  # of the process: raised where it was caused
            self._stopped = end
        with self._lock:
            if self._latest is progress:
                self._latest = None
        return True


class Looks:
    """Looks whether the task was cancelled, beside the work.

    Args:
        look: Returns whether the task was cancelled.
    """

    def __init__(self, look: Callable[[], bool], logger: Any) -> None:
        self._look = look
        self._logger = logger
        self._call: BackgroundCall[bool] | None = None

    def look(self) -> bool:
        """Whether the task was cancelled; False if that cannot be found out now."""
        call = self._call = self._call or BackgroundCall(self._look)
        if not call.ends_within(PATIENCE_SECONDS):
            return False
        self._call = None
        try:
            return call.result()
        except Exception as error:  # noqa: BLE001  # of AWS, or of the network: not the task's
            self._logger.warning("cancel not looked for", error=repr(error))
            return False
