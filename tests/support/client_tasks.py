"""Task functions for the tests of the client and the command line."""

from taskmill import Abort, task


@task("double")
def double(number: int) -> int:
    if number < 0:
        raise Abort(f"{number} is negative")
    return 2 * number


@task("repeat")
def repeat(times: int) -> str:
    return "x" * times
