"""What the in-process cloud does to its functions: repeated, reordered deliveries, wrong clocks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Chaos:
    """Repeated and reordered deliveries, as AWS permits them, and clocks that disagree.

    Attributes:
        deliveries: How often each stream record, queue message and workflow step is delivered.
        seed: Seed of a random order of events; None delivers in the order of arrival.
        clock_skew_seconds: How far the clock of functions and consumers is ahead of that of the
            services; negative: behind.
    """

    deliveries: int = 1
    seed: int | None = None
    clock_skew_seconds: float = 0
