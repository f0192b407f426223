"""Redrives of dead-letter queues: which can be redriven, and what to do about the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.sqs.moves import (
    RUNNING,
    Move,
    cancel_move,
    last_move,
    queue_arn,
    start_move,
)
from taskmill.model.api.health import Redrive
from taskmill.model.clock import to_datetime
from taskmill.model.errors import Conflict, TaskNotFound, Throttled

ADVICE = {
    "dead letters": "nothing: a function sends the task's message again, or fails the task",
    "unreadable messages": "find out who sends them, then delete them: no task could read them",
    "dead changes": "find the cause in the dispatcher's log, then redrive: each change is handled"
    " again",
    "workflow events": "taskmill sweep: it ends the fan-outs whose end got lost",
}
"""By the name of the queue, what becomes of its messages, or what to do about them."""

_BUSY = frozenset({"RequestThrottled", "ThrottlingException", "Throttling"})


@dataclass(frozen=True, kw_only=True)
class QueueRedrive:
    """Lets SQS move messages of a dead-letter queue back to the queue that they came from.

    Attributes:
        sqs: The client.
        dead: URLs of the queues of dead letters by name.
        back_to: Where the messages of a queue go, as a URL, by the name of the queue; a queue that
            is not named here cannot be redriven.
    """

    sqs: Any
    dead: Mapping[str, str]
    back_to: Mapping[str, str]
    _arns: dict[str, str] = field(default_factory=dict)  # by URL; they do not change

    def start(self, queue_id: str) -> Redrive:
        """Move all messages of a queue.

        Raises:
            TaskNotFound: There is no such queue.
            Conflict: Messages of this queue cannot be redriven, or are being redriven.
            Throttled: SQS refuses for the moment.
        """
        name = self._redrivable(queue_id)
        with _told():
            source, destination = self._arn(self.dead[name]), self._arn(self.back_to[name])
            if (move := last_move(self.sqs, source)) is not None and move.status == RUNNING:
                raise Conflict(f"{name} are being redriven: {move.moved:,} messages so far")
            start_move(self.sqs, source, destination)
            return self._shown(last_move(self.sqs, source)) or Redrive(status=RUNNING, moved=0)

    def cancel(self, queue_id: str) -> Redrive:
        """Stop a redrive; messages that it has moved stay where they are.

        Raises:
            TaskNotFound: There is no such queue.
            Conflict: It is not being redriven.
            Throttled: SQS refuses for the moment.
        """
        name = self._redrivable(queue_id)
        with _told():
            source = self._arn(self.dead[name])
            move = last_move(self.sqs, source)
            if move is None or move.status != RUNNING:
                raise Conflict(f"{name} are not being redriven")
            cancel_move(self.sqs, move)
            return self._shown(last_move(self.sqs, source)) or Redrive(status="CANCELLED", moved=0)

    def last(self, name: str) -> Redrive | None:
        """How the last redrive of a queue stands; None: there was none, or it cannot be told."""
        if name not in self.back_to:
            return None
        try:
            return self._shown(last_move(self.sqs, self._arn(self.dead[name])))
        except ClientError:  # throttled, not allowed, or a local cloud that moves no messages
            return None

    def _redrivable(self, queue_id: str) -> str:
        name = next((each for each in self.dead if id_of(each) == queue_id), None)
        if name is None:
            known = ", ".join(map(id_of, self.back_to))
            raise TaskNotFound(f"there is no queue {queue_id!r}; what can be redriven: {known}")
        if name not in self.back_to:
            raise Conflict(f"{name} cannot be redriven; what to do: {ADVICE[name]}", field="queue")
        return name

    def _arn(self, url: str) -> str:
        return self._arns.get(url) or self._arns.setdefault(url, queue_arn(self.sqs, url))

    @staticmethod
    def _shown(move: Move | None) -> Redrive | None:
        if move is None:
            return None
        return Redrive(
            status=move.status,
            moved=move.moved,
            to_move=move.to_move,
            started_at=None if move.started_at is None else to_datetime(move.started_at),
            reason=move.reason,
        )


def id_of(name: str) -> str:
    """The queue's name as paths have it."""
    return name.replace(" ", "-")


@contextmanager
def _told() -> Iterator[None]:
    """What SQS refuses, in its own words."""
    try:
        yield
    except ClientError as error:
        code, message = (error.response["Error"].get(each, "") for each in ("Code", "Message"))
        if code.rpartition(".")[2] in _BUSY:
            raise Throttled("SQS throttles requests; try again in a moment") from error
        raise Conflict(f"SQS refuses the redrive: {message or code}") from error
