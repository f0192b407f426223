"""Rate limits at the claim: waits for a start that was granted, or takes one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from taskmill.aws.dynamodb.flow_control.rate_grants import RateGrants
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import ClaimLost
from taskmill.model.flow_control.admission import LATE_MS, SOON_MS, stands_in_line
from taskmill.model.rows.task_row import TaskRow

IN_PLACE_MS = 1_000  # SQS delays by whole seconds: a worker waits for the rest of one


class LineAdmission:
    """Sends tasks away that gave their slots back for a start that is still far away."""

    def __init__(self, clock: Clock = now_ms) -> None:
        self._clock = clock

    def admit(self, row: TaskRow) -> TaskRow:
        """Return its row, unless it stands in the line of its rate limits; see `Admission`."""
        check_line(row, self._clock())
        return row


def check_line(row: TaskRow, now: int) -> None:
    """Raises `ClaimLost` if a task stands in the line of its rate limits (`now` is epoch ms)."""
    if stands_in_line(row, now + IN_PLACE_MS - 1):
        wait = (row.line_at or 0) - now
        told = f"{row.key} waits for its rate limit, without slots"
        raise ClaimLost(told, again_in_ms=wait // 1000 * 1000)


@dataclass(frozen=True, kw_only=True)
class RateAdmission:
    """Lets an attempt of a rate-limited task begin when its limits do."""

    grants: RateGrants
    clock: Clock = now_ms
    sleep: Callable[[float], None] = time.sleep

    def admit(self, row: TaskRow) -> TaskRow:
        """Return its row when an attempt of the task may begin; take units for it if it has none.

        Raises:
            ClaimLost: It may begin later, or the row has changed; `again_in_ms` says when to look.
        """
        if not row.rates:
            return row
        now = self.clock()
        late = row.rate_at is None or row.rate_at < now - LATE_MS
        if late or self.grants.paused_until(row) > now:  # paused since its units were taken
            row = self._taken(row) if row.slots is None else self._taken_soon(row)
        self._wait(row)
        return row

    def _taken(self, row: TaskRow) -> TaskRow:
        (granted,) = self.grants.grant([row])
        if granted is None:
            raise ClaimLost(f"{row.key} has changed", again_in_ms=0)
        return granted

    def _taken_soon(self, row: TaskRow) -> TaskRow:
        """Take units of a task that has slots; it does not keep them for a start that is far."""
        patience = SOON_MS if row.line_at is None else 2 * SOON_MS
        granted = self.grants.grant_soon(row, within_ms=patience)
        if granted is None:
            raise ClaimLost(f"{row.key} has changed", again_in_ms=0)
        check_line(granted, self.clock())
        return granted

    def _wait(self, row: TaskRow) -> None:
        wait = (row.rate_at or 0) - self.clock()
        if wait >= IN_PLACE_MS:
            # The message comes back early rather than late: a start is good for a second only.
            raise ClaimLost(f"{row.key} waits for its rate limit", again_in_ms=wait // 1000 * 1000)
        if wait > 0:
            self.sleep(wait / 1000)
