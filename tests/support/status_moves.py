"""Which changes of a task's status are legal, and those that a table has seen."""

from collections.abc import Iterator

from taskmill.model.statuses import RETRYABLE, Status, may_move
from taskmill.testing import InProcessCloud


def is_legal(source: Status, target: Status) -> bool:
    """Whether the status table, or an explicit retry, allows a change; no change is one, too."""
    retried = source in RETRYABLE and target is Status.CREATED
    return source is target or retried or may_move(source, target)


def illegal_moves(cloud: InProcessCloud) -> Iterator[tuple[str, Status, Status]]:
    """Every illegal change of a row's status, from the table's own stream."""
    for record in cloud.stream.seen:
        images = record["dynamodb"]
        before, after = images.get("OldImage", {}), images.get("NewImage", {})
        if before.get("status") and after.get("status"):
            source, target = Status(before["status"]["S"]), Status(after["status"]["S"])
            if not is_legal(source, target):
                yield images["Keys"]["sk"]["S"], source, target
