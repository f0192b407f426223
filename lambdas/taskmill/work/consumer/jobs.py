"""The jobs of a consumer (messages being handled) and its free slots."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from taskmill.aws.sqs.protocol import Delivery, Queue
from taskmill.model.errors import ClaimLost
from taskmill.model.keys import TaskKey
from taskmill.work.consumer.waking import wait_for
from taskmill.work.leases import Lease


@dataclass(eq=False)
class Job:
    """A message that is being handled.

    Attributes:
        key: Of the task that it names; None: it names none.
        hidden_until: When its visibility timeout ends, in epoch milliseconds.
        stored: Whether the task is stored already, or about to be by who sent the message.
        begun: The lease that a shared claim made for its task: with a row, the task is claimed;
            without, it is still to be claimed alone. None: there was no shared claim.
        lease: The lease of its task once that is claimed.
        returned: Its task's code has ended; the outcome is about to be stored.
        handed_back: It was given back to the queue, so another worker may already have it.
    """

    queue: Queue
    delivery: Delivery
    key: TaskKey | None
    hidden_until: int
    stored: bool = True
    begun: Lease | None = None
    lease: Lease | None = None
    returned: bool = False
    handed_back: bool = False

    @property
    def task_type(self) -> str | None:
        return None if self.key is None else self.key.type


class Jobs:
    """The slots of a consumer: free, reserved for a receive call, or taken by a job.

    Attributes:
        changed: Notified whenever a slot becomes free.
        done: How many messages were handled for good.
    """

    def __init__(self, slots: int) -> None:
        self.changed = threading.Condition()
        self.done = 0
        self._slots = self._free = slots
        self._storing = 0
        self._open = True
        self._running: set[Job] = set()

    @property
    def free(self) -> int:
        """How many slots are neither taken nor reserved; 0 while too many outcomes wait."""
        with self.changed:
            return self._available

    @property
    def _available(self) -> int:
        """Free slots; 0 while more outcomes wait to be stored than there are slots."""
        return self._free if self._storing <= self._slots else 0

    def reserve(self, at_most: int) -> int:
        """Reserve up to `at_most` free slots. Returns how many it got."""
        with self.changed:
            taken = min(at_most, self._available)
            self._free -= taken
            return taken

    def give_back(self, slots: int) -> None:
        """Free reserved slots for which no message came."""
        with self.changed:
            self._free += slots
            self.changed.notify_all()

    def begin(self, job: Job) -> bool:
        """Put a job into its reserved slot. False: the consumer is stopping."""
        with self.changed:
            if self._open:
                self._running.add(job)
            return self._open

    def hold(self, job: Job, lease: Lease) -> None:
        """Note that the job's task is claimed, so that its lease is renewed.

        Raises:
            ClaimLost: The message was handed back meanwhile; the lease was released as well.
        """
        with self.changed:
            job.lease = lease
            late = job.handed_back
        if late:
            lease.release()
            raise ClaimLost(f"the message of {lease.row.key} was handed back")

    def vacate(self, job: Job) -> None:
        """Free the slot of a job whose code has ended; its outcome is stored meanwhile."""
        with self.changed:
            job.returned = True
            self._storing += 1
            self._free += 1
            self.changed.notify_all()

    def end(self, job: Job, *, done: bool) -> bool:
        """End a job. False: it was handed back, so its message has been answered already.

        Args:
            done: Whether its message is to be deleted, and counts as handled.
        """
        with self.changed:
            self._running.discard(job)
            if job.returned:
                self._storing -= 1
            else:
                self._free += 1
            self.done += done and not job.handed_back
            self.changed.notify_all()
            return not job.handed_back

    def hand_back(self) -> list[Job]:
        """Mark all running jobs as handed back, and return them."""
        with self.changed:
            for job in self._running:
                job.handed_back = True
            return list(self._running)

    def close(self) -> None:
        """Refuse new jobs from now on."""
        with self.changed:
            self._open = False
            self.changed.notify_all()

    def running(self) -> list[Job]:
        with self.changed:
            return list(self._running)

    def wait_for(
        self, condition: Callable[[int], bool], timeout_seconds: float | None = None
    ) -> bool:
        """Wait until a condition on the number of free slots holds. False: the time was up."""
        with self.changed:
            return self.changed.wait_for(lambda: condition(self._available), timeout_seconds)

    def wait_idle(self, timeout_seconds: float | None = None) -> bool:
        """Wait until no job is running. False: the time was up."""
        with self.changed:
            return wait_for(self.changed, lambda: not self._running, timeout_seconds)
