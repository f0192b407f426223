"""How often the in-process cloud delivers, and in which order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Chaos:
    """Repeated and reordered deliveries, as AWS permits them.

    Attributes:
        deliveries: How often each stream record, queue message and workflow step is delivered.
        seed: Seed of a random order of events; None delivers in the order of arrival.
    """

    deliveries: int = 1
    seed: int | None = None
