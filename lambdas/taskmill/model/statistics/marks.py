"""Marks: how far a row of the statistics has counted a shard of the table's stream.

A mark is text that sorts as the changes of its shard do: 17 bytes of sequence number, which may
have up to 40 digits, then 3 bytes of the hour in which the change was made.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from taskmill.model.statistics.names import HOUR_MS, MARK

NO_SHARD = "-"  # of a stream that names no shard, as that of an emulator: it is in order as a whole
KEPT_HOURS = 26  # the stream keeps records for 24 h: no older one can come again


class Place(NamedTuple):
    """The place of a change in the stream.

    Attributes:
        sequence: Number of the change within its shard.
        at: When it was made, in epoch ms.
    """

    sequence: int
    at: int

    @property
    def mark(self) -> str:
        """The mark of a row that has counted this change."""
        return _text(self.sequence, self.at // HOUR_MS)

    @property
    def unseen(self) -> str:
        """Text that sorts after the mark of a row if that has not counted this change."""
        return _text(self.sequence, 0)


def mark_name(shard: str) -> str:
    """The attribute that holds a shard's mark; 8 characters stand for the shard."""
    if shard == NO_SHARD:
        return f"{MARK}{NO_SHARD}"
    return f"{MARK}{hashlib.sha256(shard.encode()).hexdigest()[:8]}"


def sequence_of(mark: str) -> int:
    """The number of the newest change that a row with this mark has counted."""
    return int.from_bytes(base64.b32hexdecode(mark)[:17])


def is_outdated(mark: str, now: int) -> bool:
    """Whether a mark is of no use any more at a time (epoch ms); one without a time never is."""
    hour = int.from_bytes(base64.b32hexdecode(mark)[17:])
    return hour > 0 and now // HOUR_MS - hour > KEPT_HOURS


def _text(sequence: int, hour: int) -> str:
    return base64.b32hexencode(sequence.to_bytes(17) + hour.to_bytes(3)).decode()
