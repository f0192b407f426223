"""Claims in a few calls what came in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskmill.aws.dynamodb.grouped_claims import GroupedClaims, Wanted
from taskmill.model.keys import TaskKey
from taskmill.work.consumer.jobs import Job
from taskmill.work.consumer.keeper import LEASE_MS
from taskmill.work.message_runner import MessageRunner, task_of

FEWEST_TOGETHER = 3  # two calls for two tasks would save none


def no_deadline() -> int:
    """Milliseconds: nobody stops this process, so a type's own timeout is what holds."""
    return 1 << 40


class Together:
    """Claims the tasks of messages that begin together.

    All of them have slots and begin at once, so no lease runs for a task that waits.
    """

    def __init__(self, messages: MessageRunner, logger: Any) -> None:
        self._runner = messages.runner
        self._logger = logger

    def claim(self, jobs: Sequence[Job]) -> None:
        """Give jobs their leases, claimed where that could be done; the others claim alone."""
        claims, chosen = self._runner.claims, _chosen(jobs)
        if not isinstance(claims, GroupedClaims) or len(chosen) < FEWEST_TOGETHER:
            return
        wanted = [self._wanted(key, job) for key, job in chosen.items()]
        try:
            rows = claims.claim_many(wanted)
        except Exception as error:  # noqa: BLE001  # the network's, or AWS's: each tries alone
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
    """Jobs by task: of two messages of one task, the first."""
    chosen: dict[TaskKey, Job] = {}
    for job in jobs:
        key = task_of(job.delivery)
        if key is not None:
            chosen.setdefault(key, job)
    return chosen
