"""Extends the visibility timeouts and leases of tasks for as long as they run."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import ClaimLost, TaskCancelled
from taskmill.work.back_off import BackOff
from taskmill.work.background import BackgroundCall
from taskmill.work.consumer.jobs import Job, Jobs
from taskmill.work.leases import Lease
from taskmill.work.patience import CAP_SECONDS

HIDDEN_SECONDS = 60  # visibility timeout: a message whose consumer died comes again within 60 s
LEASE_MS = 90_000  # its task can be claimed by another worker within 90 s
LOOK_SECONDS = 1.0  # how often to check what must be extended
PATIENCE_SECONDS = 2.0  # how long a look waits for its calls; those that take longer go on


class Keeper:
    """Extends visibility timeouts and leases when they are half over.

    So tasks of less than 30 s cause no extra calls. Each call is made in a thread of its own: a
    connection that answers nothing must not keep the other leases from being renewed.
    """

    def __init__(self, jobs: Jobs, logger: Any, clock: Clock = now_ms) -> None:
        self._jobs = jobs
        self._logger = logger
        self._clock = clock
        self._back_off = BackOff(CAP_SECONDS)
        self._calls: dict[int, BackgroundCall[bool]] = {}  # by the id of the queue or the lease

    def run(self, stopped: threading.Event, look_seconds: float = LOOK_SECONDS) -> None:
        """Call `look` every `look_seconds` until `stopped` is set; less often after errors."""
        while not stopped.wait(look_seconds):
            if self.look():
                self._back_off.reset()
            else:
                stopped.wait(self._back_off.next_seconds())

    def look(self) -> bool:
        """Extend what is due. False: a call failed or goes on, so something is still due."""
        jobs = self._jobs.running()
        due: dict[int, Callable[[], bool]] = {
            id(group[0].queue): partial(self._hide, group) for group in self._due(jobs)
        }
        for job in jobs:
            if job.lease is not None and job.lease.renewal_due():
                due[id(job.lease)] = partial(self._renew, job.lease)
        for subject, call in due.items():
            if subject not in self._calls:
                self._calls[subject] = BackgroundCall(call)
        return self._await_calls()

    def _await_calls(self) -> bool:
        """Wait for all calls, but not for those that take long. True: all have succeeded."""
        until = time.monotonic() + PATIENCE_SECONDS
        done = {
            subject: call
            for subject, call in self._calls.items()
            if call.ends_within(max(until - time.monotonic(), 0))
        }
        going_on = len(done) < len(self._calls)
        for subject in done:
            del self._calls[subject]
        return all(call.result() for call in done.values()) and not going_on

    def _due(self, jobs: list[Job]) -> list[list[Job]]:
        """Jobs whose visibility timeout is half over, by queue."""
        soon = self._clock() + HIDDEN_SECONDS * 1000 // 2
        groups: defaultdict[int, list[Job]] = defaultdict(list)
        for job in jobs:
            if job.hidden_until <= soon:
                groups[id(job.queue)].append(job)
        return list(groups.values())

    def _hide(self, jobs: list[Job]) -> bool:
        """Extend the visibility timeouts of messages of one queue."""
        now = self._clock()
        try:
            receipts = {job.delivery.receipt: HIDDEN_SECONDS for job in jobs}
            refused = jobs[0].queue.show_again(receipts)
        except Exception as error:  # noqa: BLE001  # any error of the network or of AWS
            self._logger.warning("queue unreachable", error=repr(error), messages=len(jobs))
            return False
        if refused:  # beyond 12 hours SQS refuses: then only the lease keeps others off
            self._logger.warning("messages not hidden", messages=len(refused))
        for job in jobs:
            job.hidden_until = now + HIDDEN_SECONDS * 1000
        return True

    def _renew(self, lease: Lease) -> bool:
        try:
            lease.renew()
        except (ClaimLost, TaskCancelled) as stop:  # its ctx tells the task function
            self._logger.info("lease lost", key=str(lease.row.key), reason=str(stop))
        except Exception as error:  # noqa: BLE001  # any error of the network or of AWS
            self._logger.warning("table unreachable", error=repr(error), key=str(lease.row.key))
            return False
        return True
