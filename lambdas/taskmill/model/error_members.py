"""Members of exception groups: an `asyncio.TaskGroup` raises its tasks' errors as one group."""

from __future__ import annotations

from collections.abc import Iterator

Member = tuple[BaseException, tuple[BaseException, ...]]
"""An error that is no group, and the groups around it, outermost first."""


def members(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group and in the groups within it, in order; any other error itself."""
    return (member for member, _ in members_with_groups(error))


def members_with_groups(error: BaseException) -> Iterator[Member]:
    """As `members`, each with the groups that it is in."""
    waiting: list[Member] = [(error, ())]
    while waiting:  # no recursion: groups may be nested deeper than calls
        each, groups = waiting.pop()
        if isinstance(each, BaseExceptionGroup):
            inner = (*groups, each)
            waiting.extend((one, inner) for one in reversed(each.exceptions))
        else:
            yield each, groups
