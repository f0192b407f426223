"""Limits that the code declares, by their names: a pure view of the task types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from taskmill.model.flow_control.declared_limits import Scope
from taskmill.model.flow_control.reservations import Pace
from taskmill.model.task_settings import TaskSettings

Kind = Literal["concurrency", "rate"]
Place = tuple[Kind, Scope, str]  # kind, scope, name


@dataclass(frozen=True, slots=True)
class Declared:
    """A limit as the code declares it.

    Attributes:
        types: The task types subject to it.
        concurrency: Tasks at a time; of several types, the largest number; None: a rate limit.
        pace: None: a limit of concurrency.
        keyed: Whether it counts by a key.
    """

    types: tuple[str, ...]
    concurrency: int | None = None
    pace: Pace | None = None
    keyed: bool = False


def declared_limits(types: Iterable[tuple[str, TaskSettings]]) -> Mapping[Place, Declared]:
    """The limits of these task types."""
    names: defaultdict[Place, list[str]] = defaultdict(list)
    known: dict[Place, Declared] = {}
    for task_type, settings in types:
        for slots in settings.concurrency:
            place: Place = ("concurrency", slots.scope, slots.name or task_type)
            names[place].append(task_type)
            most = max(slots.concurrency, getattr(known.get(place), "concurrency", None) or 0)
            known[place] = Declared((), most, keyed=slots.key is not None)
        for each in settings.rates:
            rate = each.limit
            place = ("rate", rate.scope, rate.name)
            names[place].append(task_type)
            known[place] = Declared((), pace=rate.pace, keyed=rate.key is not None)
    return {
        place: Declared(tuple(sorted(names[place])), each.concurrency, each.pace, each.keyed)
        for place, each in known.items()
    }
