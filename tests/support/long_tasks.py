"""Task functions for the tests of retriers: some take minutes, some kill their process."""

from taskmill import Retry, TaskContext, task, wiring
from taskmill.testing import Crash

NO_WAIT = Retry(max_attempts=3, base_seconds=0)
KILLED: list[int | None] = []  # indexes of subtasks, one for each process that they took along


def kill(ctx: TaskContext) -> None:
    KILLED.append(ctx.key.index)
    raise Crash("out of memory")


@task("takes-a-minute")
def takes_a_minute(value: int) -> int:
    wiring.current().sleep(60)
    return value


@task("takes-no-time")
def takes_no_time(value: int) -> int:
    return value


@task("minutes-and-kills", retry=NO_WAIT)
def minutes_and_kills(what: str, ctx: TaskContext) -> None:
    """Takes a minute, or kills its process twice."""
    if what == "kills" and ctx.attempt <= 2:
        kill(ctx)
    wiring.current().sleep(60)


@task("kills-or-not", retry=NO_WAIT)
def kills_or_not(what: str, ctx: TaskContext) -> None:
    if what == "kills":
        kill(ctx)


@task("kills-all-day", retry=Retry(max_attempts=100, base_seconds=0))
def kills_all_day(_: int, ctx: TaskContext) -> None:
    kill(ctx)
