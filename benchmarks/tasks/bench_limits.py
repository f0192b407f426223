"""Task functions under limits that do next to nothing: what remains is what the limits cost."""

from typing import Any

from taskmill import Limit, RateLimit, task

TEN = Limit(10, name="bench-ten")  # of a wave of 100, nine of ten wait
ROOM = Limit(1_000, name="bench-room")
MORE_ROOM = Limit(1_000, name="bench-more-room")
TEN_A_SECOND = RateLimit("bench-ten-a-second", 10, per_seconds=1, burst=10)


@task("bench-room", concurrency=ROOM, timeout_seconds=5.0)
def with_room(value: Any) -> int:
    return len(str(value))


@task("bench-ten", concurrency=TEN, timeout_seconds=5.0)
def ten(value: Any) -> int:
    return len(str(value))


@task("bench-one", concurrency=1, timeout_seconds=5.0)
def one(value: Any) -> int:
    return len(str(value))


@task("bench-two-limits", concurrency=[ROOM, MORE_ROOM], timeout_seconds=5.0)
def two_limits(value: Any) -> int:
    return len(str(value))


@task("bench-paced", rate=TEN_A_SECOND, timeout_seconds=5.0)
def paced(value: Any) -> int:
    return len(str(value))
