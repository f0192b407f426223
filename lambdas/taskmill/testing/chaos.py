"""What goes wrong in the in-process cloud: repeated deliveries, busy rows, lost answers, clocks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Chaos:
    """Repeated and reordered deliveries, faults of DynamoDB, and clocks that disagree.

    Attributes:
        deliveries: How often each stream record, queue message and workflow step is delivered.
        seed: Seed of a random order of events; None delivers in the order of arrival.
        conflicts: Probability that a write meets a transaction, from 0 to 1. A single write of a
            row that some transaction named is refused with `TransactionConflictException`; a
            transaction is cancelled for a mixture of reasons.
        lost_answers: Probability that the answer to a write is lost, from 0 to 1: the client sends
            the same write again, as boto3 does, and gets the answer to that.
        throttles: Probability that Lambda refuses to run a step of a fan-out, from 0 to 1, as it
            does while all of the account's concurrency is in use.
        clock_skew_seconds: How far the clock of functions and consumers is ahead of that of the
            services; negative: behind.
    """

    deliveries: int = 1
    seed: int | None = None
    conflicts: float = 0.0
    lost_answers: float = 0.0
    throttles: float = 0.0
    clock_skew_seconds: float = 0

    @property
    def faulty(self) -> bool:
        """Whether DynamoDB has faults."""
        return self.conflicts > 0 or self.lost_answers > 0
