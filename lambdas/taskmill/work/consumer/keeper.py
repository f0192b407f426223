"""Keeps messages hidden and leases alive for as long as their tasks run."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import ClaimLost, TaskCancelled
from taskmill.work.consumer.back_off import BackOff
from taskmill.work.consumer.jobs import Job, Jobs

HIDDEN_SECONDS = 60  # a message whose consumer died comes again so soon
LEASE_MS = 90_000  # and its task can then be claimed so soon
LOOK_SECONDS = 1.0  # how often it looks whether something is to be done


class Keeper:
    """Extends what has half run out; a task of less than 30 s costs it nothing."""

    def __init__(self, jobs: Jobs, logger: Any, clock: Clock = now_ms) -> None:
        self._jobs = jobs
        self._logger = logger
        self._clock = clock
        self._back_off = BackOff()

    def run(self, stopped: threading.Event, look_seconds: float = LOOK_SECONDS) -> None:
        """Look again and again, until it is stopped."""
        while not stopped.wait(look_seconds):
            if self.look():
                self._back_off.reset()
            else:
                stopped.wait(self._back_off.next_seconds())

    def look(self) -> bool:
        """Extend what is due. False: something could not be reached and is due still."""
        jobs = self._jobs.running()
        hidden = [self._hide(group) for group in self._due(jobs)]
        renewed = [self._renew(job) for job in jobs]
        return all(hidden) and all(renewed)

    def _due(self, jobs: list[Job]) -> list[list[Job]]:
        """The jobs whose messages will show up before long, by queue."""
        soon = self._clock() + HIDDEN_SECONDS * 1000 // 2
        groups: defaultdict[int, list[Job]] = defaultdict(list)
        for job in jobs:
            if job.hidden_until <= soon:
                groups[id(job.queue)].append(job)
        return list(groups.values())

    def _hide(self, jobs: list[Job]) -> bool:
        """Hide messages of one queue for longer."""
        now = self._clock()
        try:
            receipts = {job.delivery.receipt: HIDDEN_SECONDS for job in jobs}
            refused = jobs[0].queue.show_again(receipts)
        except Exception as error:  # noqa: BLE001  # the network's, or AWS's
            self._logger.warning("queue unreachable", error=repr(error), messages=len(jobs))
            return False
        if refused:  # SQS hides none for more than 12 hours: then the lease alone tells others
            self._logger.warning("messages not hidden", messages=len(refused))
        for job in jobs:
            job.hidden_until = now + HIDDEN_SECONDS * 1000
        return True

    def _renew(self, job: Job) -> bool:
        lease = job.lease
        if lease is None or not lease.renewal_due():
            return True
        try:
            lease.renew()
        except (ClaimLost, TaskCancelled) as stop:  # the task function learns of it from its ctx
            self._logger.info("lease lost", key=str(lease.row.key), reason=str(stop))
        except Exception as error:  # noqa: BLE001  # the network's, or AWS's
            self._logger.warning("table unreachable", error=repr(error), key=str(lease.row.key))
            return False
        return True
