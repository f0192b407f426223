"""Circles of callbacks: task types whose tasks submit each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

MAX_LOOKED_AT = 50  # task types; a circle among more is found when one of them is stored


def find_circle(
    task_type: str, callback_type: str, targets: Callable[[str], Iterable[str]]
) -> list[str] | None:
    """A shortest chain of types from `task_type` by way of `callback_type` back to `task_type`.

    Args:
        task_type: The type whose end submits `callback_type`.
        targets: Returns the types that the end of a type submits, whatever the event.

    Returns:
        The types in order, the first one again at the end; None if there is no such chain among
        the first 50 types.
    """
    chains = {callback_type: [task_type, callback_type]}
    pending = [callback_type]
    while pending and len(chains) <= MAX_LOOKED_AT:
        each = pending.pop(0)
        for target in targets(each):
            if target == task_type:
                return [*chains[each], task_type]
            if target not in chains:
                chains[target] = [*chains[each], target]
                pending.append(target)
    return None


def circle_warning(circle: Sequence[str]) -> str:
    """What to tell whoever closed a circle."""
    return (
        f"{' > '.join(circle)}: these callbacks submit each other. Each submitted task runs them"
        " until its callback budget is spent or the chain is 32 deep"
    )
