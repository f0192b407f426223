"""Deletes messages and changes their visibility timeouts, up to 10 per SQS call."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Self

from taskmill.aws.sqs.protocol import MESSAGES_A_CALL, Queue
from taskmill.work.back_off import BackOff
from taskmill.work.consumer.threads import start

PATIENCE_SECONDS = 0.05  # how long an answer waits for others to share its call
FLUSH_SECONDS = 5.0  # time to send the last answers before the process ends
TRIES = 3  # then the answer is dropped, which is harmless: SQS delivers the message again


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do with one received message.

    Attributes:
        receipt: The receipt handle.
        seconds: None: delete the message; else deliver it again after this many seconds.
    """

    queue: Queue
    receipt: str
    seconds: int | None


class Answers:
    """Collects answers and sends them in batches: once 10 of a kind are there, or after 50 ms.

    A kind is one queue and one action: delete, or change the visibility timeout.

    Args:
        crashed: Called with an error that must end the process.
        sleep: Waits the given number of seconds.
    """

    def __init__(
        self,
        logger: Any,
        crashed: Callable[[BaseException], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._logger = logger
        self._crashed = crashed
        self._sleep = sleep
        self._waiting: SimpleQueue[Answer | None] = SimpleQueue()

    def __enter__(self) -> Self:
        self._thread = start(self._send_all)
        return self

    def __exit__(self, *error: object) -> None:
        """Send what is left, within 5 s."""
        self._waiting.put(None)
        self._thread.join(FLUSH_SECONDS)

    def add(self, queue: Queue, receipt: str, seconds: int | None) -> None:
        self._waiting.put(Answer(queue, receipt, seconds))

    def _send_all(self) -> None:
        more = True
        try:
            while more:
                kinds, more = self._collect()
                for answers in kinds:
                    self._send(answers)
        except BaseException as crash:  # noqa: BLE001  # raised again by the main thread
            self._crashed(crash)

    def _collect(self) -> tuple[list[list[Answer]], bool]:
        """The next answers, grouped by kind, and whether more may follow."""
        kinds: defaultdict[tuple[int, bool], list[Answer]] = defaultdict(list)
        answer = self._waiting.get()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while answer is not None:
            kind = kinds[id(answer.queue), answer.seconds is None]
            kind.append(answer)
            if len(kind) == MESSAGES_A_CALL:
                break
            try:
                answer = self._waiting.get(timeout=max(deadline - time.monotonic(), 0))
            except Empty:
                break
        return list(kinds.values()), answer is not None

    def _send(self, answers: list[Answer]) -> None:
        """Send answers of one kind to one queue."""
        back_off = BackOff()
        for left in reversed(range(TRIES)):
            try:
                refused = self._call_queue(answers)
            except Exception as error:  # noqa: BLE001  # any error of the network or of AWS
                self._logger.warning("queue unreachable", error=repr(error), answers=len(answers))
                if left:
                    self._sleep(back_off.next_seconds())
            else:
                if refused:
                    self._logger.warning("answers refused", answers=len(refused))
                return

    def _call_queue(self, answers: list[Answer]) -> list[str]:
        queue = answers[0].queue
        again = {each.receipt: each.seconds for each in answers if each.seconds is not None}
        return queue.show_again(again) if again else queue.delete(e.receipt for e in answers)
