"""What a consumer is working on, and how much more it can take."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from taskmill.aws.sqs.protocol import Delivery, Queue
from taskmill.model.errors import ClaimLost
from taskmill.work.leases import Lease


@dataclass(eq=False)
class Job:
    """A message under work.

    Attributes:
        hidden_until: When it comes again unless it is hidden anew, in epoch milliseconds.
        begun: The lease that its task is claimed with, where it was claimed with others or is to
            be claimed anew because it was not.
        lease: Of its task, once that is claimed.
        returned: Its task's code has ended; what came of it is about to be stored.
        handed_back: Somebody else may have it already; whatever its task comes to here.
    """

    queue: Queue
    delivery: Delivery
    hidden_until: int
    begun: Lease | None = None
    lease: Lease | None = None
    returned: bool = False
    handed_back: bool = False


class Jobs:
    """The slots of a consumer: free, reserved for messages that are asked for, or under work.

    Attributes:
        changed: Notified whenever a slot is given back.
        done: How many messages are done with.
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
        """How many slots nothing is in, and nothing is asked for."""
        with self.changed:
            return self._available

    @property
    def _available(self) -> int:
        """Free slots; none while more outcomes than there are slots wait to be stored."""
        return self._free if self._storing <= self._slots else 0

    def reserve(self, at_most: int) -> int:
        """Take free slots, as many as there are up to `at_most`."""
        with self.changed:
            taken = min(at_most, self._available)
            self._free -= taken
            return taken

    def give_back(self, slots: int) -> None:
        """Free reserved slots that no message came for."""
        with self.changed:
            self._free += slots
            self.changed.notify_all()

    def begin(self, job: Job) -> bool:
        """Put a message into a reserved slot. False: nothing is begun any more."""
        with self.changed:
            if self._open:
                self._running.add(job)
            return self._open

    def hold(self, job: Job, lease: Lease) -> None:
        """Note that the job's task is claimed.

        Raises:
            ClaimLost: The message was handed back meanwhile, and now the task is too.
        """
        with self.changed:
            job.lease = lease
            late = job.handed_back
        if late:
            lease.release()
            raise ClaimLost(f"the message of {lease.row.key} was handed back")

    def vacate(self, job: Job) -> None:
        """Free the slot of a job whose code has ended, while what came of it is stored."""
        with self.changed:
            job.returned = True
            self._storing += 1
            self._free += 1
            self.changed.notify_all()

    def end(self, job: Job, *, done: bool) -> bool:
        """Have done with a job. False: it was handed back, so there is nothing to answer."""
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
        """Give up everything that is under work."""
        with self.changed:
            for job in self._running:
                job.handed_back = True
            return list(self._running)

    def close(self) -> None:
        """Begin nothing more."""
        with self.changed:
            self._open = False
            self.changed.notify_all()

    def running(self) -> list[Job]:
        with self.changed:
            return list(self._running)

    def wait_for(
        self, condition: Callable[[int], bool], timeout_seconds: float | None = None
    ) -> bool:
        """Wait until a condition on the number of free slots holds; False: it does not yet."""
        with self.changed:
            return self.changed.wait_for(lambda: condition(self._available), timeout_seconds)

    def wait_idle(self, timeout_seconds: float | None = None) -> bool:
        """Wait until nothing is under work."""
        with self.changed:
            return self.changed.wait_for(lambda: not self._running, timeout_seconds)
