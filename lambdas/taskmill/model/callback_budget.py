"""The callback budget: how many callbacks one submitted task may cause in all.

It travels in the rows, and is divided among what a task starts and what its end causes. So it
needs no counter and no further write, and a repeated delivery divides it in the same way.
"""

from __future__ import annotations

from taskmill.model.rows.task_row import TaskRow, is_fan_out

DEFAULT_BUDGET = 10_000  # callbacks that one submitted task may cause
_LEAST_SHARE = 100  # a task that no callback caused has at least a hundredth of the budget


def left_at_end(row: TaskRow, *, per_root: int) -> int:
    """How many callbacks may follow from the end of a task, directly and by way of others.

    Args:
        row: The ended task; without a budget in its row it is a root, and has all of it.
        per_root: The budget of a root.
    """
    children = 0 if is_fan_out(row.key) else row.child_count or 0  # subtasks have no callbacks
    return _at_least(_kept(_budget(row, per_root), children), row, per_root)


def shares_of_callbacks(left: int, count: int) -> list[int]:
    """The budgets of the callbacks of one end, each of which uses up one.

    Args:
        left: What `left_at_end` returned.
        count: Callbacks that the end asks for.

    Returns:
        A budget for each callback that may be submitted: fewer than `count` if not enough is left.
    """
    granted = min(left, count)
    return _divided(left - granted, granted)


def shares_of_children(parent: TaskRow, *, first: int, count: int, per_root: int) -> list[int]:
    """The budgets of the children that one call of a task function starts.

    After n children a task keeps an (n + 1)th of its budget. What a call takes of it is divided
    evenly among the children of the call, so the parent and its children together have no more
    than the parent had. A task that no callback caused is started by code that says how often, so
    it gets at least a hundredth of the whole budget, rounded down, however many there are.

    Args:
        parent: The task that starts them.
        first: How many children it has started before this call.
        count: How many the call starts.
        per_root: The budget of a root.
    """
    budget = _budget(parent, per_root)
    handed_out = _kept(budget, first) - _kept(budget, first + count)
    return [_at_least(share, parent, per_root) for share in _divided(handed_out, count)]


def _budget(row: TaskRow, per_root: int) -> int:
    return per_root if row.callback_budget is None else row.callback_budget


def _kept(budget: int, children: int) -> int:
    """What a task keeps of its budget after so many children, rounded up."""
    return -(-budget // (children + 1))


def _at_least(share: int, row: TaskRow, per_root: int) -> int:
    return share if row.by_callback else max(share, per_root // _LEAST_SHARE)


def _divided(amount: int, count: int) -> list[int]:
    """The amount in `count` parts that differ by one at most, the larger ones first."""
    each, more = divmod(amount, count) if count else (0, 0)
    return [each + (position < more) for position in range(count)]
