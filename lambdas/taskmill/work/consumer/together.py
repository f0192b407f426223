"""Shared claims: the tasks of messages received together are claimed in two DynamoDB calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskmill.aws.dynamodb.grouped_claims import GroupedClaims, Wanted
from taskmill.model.keys import TaskKey
from taskmill.work.consumer.jobs import Job
from taskmill.work.consumer.keeper import LEASE_MS
from taskmill.work.message_runner import MessageRunner

FEWEST_TOGETHER = 3  # a shared claim takes two calls, so it saves none for two tasks


def no_deadline() -> int:
    """Remaining milliseconds: practically unlimited, so only the task type's timeout applies."""
    return 1 << 40


class Together:
    """Claims the tasks of messages that start at the same time.

    Each has a slot and starts at once, so no lease runs out while its task waits for a slot.
    """

    def __init__(self, messages: MessageRunner, logger: Any) -> None:
        self._runner = messages.runner
        self._logger = logger

    def claim(self, jobs: Sequence[Job]) -> None:
        """Claim the tasks of jobs together; `Job.begun` holds their leases afterwards.

        A task that cannot be claimed here, or all of them if a call fails, is claimed alone later.
        """
        pause = self._runner.pause
        chosen = {
            key: job
            for key, job in _chosen(jobs).items()
            if pause is None or not pause.may_hold(key)
        }
        claims = self._runner.claims
        if not isinstance(claims, GroupedClaims) or len(chosen) < FEWEST_TOGETHER:
            return
        wanted = [self._wanted(key, job) for key, job in chosen.items()]
        try:
            rows = claims.claim_many(wanted)
        except Exception as error:  # noqa: BLE001  # of the network or AWS: each is tried alone
            self._logger.warning("not claimed together", error=repr(error), tasks=len(wanted))
            return
        for job, row in zip(chosen.values(), rows, strict=True):
            if job.begun is not None:
                job.begun.row = row

    def _wanted(self, key: TaskKey, job: Job) -> Wanted:
        lease = self._runner.lease(key, remaining_ms=no_deadline, lease_ms=LEASE_MS)
        job.begun = lease
        retry, _ = self._runner.attempt.policy(key.type)
        return Wanted(
            key=key,
            fence=lease.fence,
            lease_until=lease.until(),
            max_attempts=retry.max_attempts,
        )


def _chosen(jobs: Sequence[Job]) -> dict[TaskKey, Job]:
    """Jobs by task, without those that are yet to be stored; of two for one task, the first."""
    chosen: dict[TaskKey, Job] = {}
    for job in jobs:
        if job.key is not None and job.stored:
            chosen.setdefault(job.key, job)
    return chosen
