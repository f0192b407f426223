"""The messages of one delivery that wait for their turn, and how they go back to their queue."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from taskmill.aws.sqs.protocol import Delivery, Queue
from taskmill.work.back_off import BackOff
from taskmill.work.durations import Durations
from taskmill.work.side_calls import Cancel, Join, SideCalls

PATIENCE_SECONDS = 1.0  # how long the others wait behind one task of a delivery
TRIES = 5  # to hand messages back; then their visibility timeout does it


class Waiting:
    """Messages that are received and not begun.

    Each is either begun here or handed back: shown again at once, so that another worker takes it.
    That is one decision, made under a lock. A message is handed back

    - when another one of the delivery has run for `patience_seconds`;
    - at once, if its queue had it before, or if the task that begins is of a type that is slow:
      then it would be handed back anyway. Else ten tasks of 5 s would pass from worker to worker
      second by second. But not while the tasks that run are quick ones.

    Nothing more is done with the receipt of a message that was handed back. At the end of the
    delivery it is reported as failed: a message that is not would be deleted.

    Args:
        queues: The queue of each delivery, by message id.
    """

    def __init__(
        self,
        deliveries: Iterable[Delivery],
        *,
        queues: Mapping[str, Queue],
        durations: Durations,
        side_calls: SideCalls,
        sleep: Callable[[float], None],
        logger: Any,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.handed_back: set[str] = set()  # ids
        self._waiting = {each.id: each for each in deliveries}
        self._queues = queues
        self._durations = durations
        self._side_calls = side_calls
        self._sleep = sleep
        self._logger = logger
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._begun_at = 0  # epoch ms; of the last one
        self._cancel: Cancel | None = None
        self._leaving: list[Join] = []

    def take(self, choose: Callable[[Delivery], bool]) -> Delivery | None:
        """Take the first message of a kind, to begin it. None: there is no such any more."""
        with self._lock:
            for each in self._waiting.values():
                if choose(each):
                    return self._waiting.pop(each.id)
        return None

    def began(self, task_type: str | None) -> None:
        """A message was begun: those that wait behind it go back now, later or not at all."""
        slow = task_type is not None and self._durations.are_slow(task_type)
        quick = task_type is not None and self._durations.are_quick(task_type)
        with self._lock:
            self._begun_at = self._durations.clock()
            waiting = list(self._waiting.values())
            self._let_go([each for each in waiting if slow or (each.receives > 1 and not quick)])
            if self._waiting and self._cancel is None:
                self._look_after(self._patience_seconds)

    def hand_back(self, deliveries: Sequence[Delivery] = ()) -> None:
        """Hand back all that wait, or the given ones, which were taken and not run."""
        with self._lock:
            self._let_go(list(deliveries) or list(self._waiting.values()))

    def close(self) -> None:
        """Wait until all is handed back that is to be. Nothing waits any more."""
        with self._lock:
            if self._cancel is not None:
                self._cancel()
            leaving = list(self._leaving)
        for join in leaving:
            join()

    def _look_after(self, seconds: float) -> None:
        """Look after a while. One timer does for all messages: a thread for each costs too much."""
        self._cancel = self._side_calls.after(seconds, self._look)

    def _look(self) -> None:
        """Hand back all that wait, or look again later if another message was begun meanwhile."""
        with self._lock:
            waited = (self._durations.clock() - self._begun_at) / 1000
            if not self._waiting:
                self._cancel = None
            elif waited < self._patience_seconds:
                self._look_after(min(self._patience_seconds - waited, self._patience_seconds))
            else:
                self._cancel = None
                self._let_go(list(self._waiting.values()))

    def _let_go(self, deliveries: Sequence[Delivery]) -> None:
        """Hand messages back in a thread: the task that has begun must not wait for it."""
        for each in deliveries:
            self._waiting.pop(each.id, None)
        self.handed_back.update(each.id for each in deliveries)
        if deliveries:
            self._leaving.append(self._side_calls.hurry(lambda: self._show_again(deliveries)))

    def _show_again(self, deliveries: Sequence[Delivery]) -> None:
        by_queue: defaultdict[int, list[Delivery]] = defaultdict(list)
        for each in deliveries:
            by_queue[id(self._queues[each.id])].append(each)
        for group in by_queue.values():
            queue, back_off = self._queues[group[0].id], BackOff()
            for left in reversed(range(TRIES)):
                try:
                    queue.show_again({each.receipt: 0 for each in group})
                except Exception as error:  # noqa: BLE001  # any error of the network or of AWS
                    self._logger.warning("not handed back", error=repr(error), messages=len(group))
                    if left:
                        self._sleep(back_off.next_seconds())
                else:
                    break
