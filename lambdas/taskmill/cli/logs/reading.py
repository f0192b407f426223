"""Reads log entries of several log groups, once or again and again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmill.cli.logs.entries import Entry, Wanted, in_order, with_prints

LATE_MS = 30_000  # events may show up so long after events that are newer
LOOK_EVERY_SECONDS = 1.0


@dataclass
class LogReader:
    """Reads the log groups of a stack.

    Args:
        logs: The boto3 client.
        wanted: None: all entries.
    """

    logs: Any
    groups: Sequence[str]
    wanted: Wanted | None = None
    _seen: set[str] = field(default_factory=set, init=False)

    def read(self, since_ms: int, until_ms: int | None = None) -> list[Entry]:
        """The entries between two times (epoch ms), sorted by time; none that was read before."""
        found = [entry for group in self.groups for entry in self._group(group, since_ms, until_ms)]
        new = [entry for entry in found if entry.id not in self._seen]
        self._seen.update(entry.id for entry in new)
        return sorted(new, key=lambda entry: entry.at)

    def follow(self, since_ms: int) -> Iterator[Entry]:
        """The entries since a time, and those that come, for ever."""
        while True:
            entries = self.read(since_ms)
            yield from entries
            newest = max((entry.stored_ms for entry in entries), default=0)
            since_ms = max(since_ms, newest - LATE_MS)
            time.sleep(LOOK_EVERY_SECONDS)

    def _group(self, group: str, since_ms: int, until_ms: int | None) -> Iterable[Entry]:
        bounds = {"startTime": since_ms} | ({} if until_ms is None else {"endTime": until_ms})
        pattern = {"filterPattern": self.wanted.pattern} if self.wanted else {}
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, **bounds, **pattern
        )
        entries = [
            Entry.of(event, group, event["logStreamName"])
            for page in pages
            for event in page["events"]
        ]
        if self.wanted is None:
            streams = dict.fromkeys(entry.stream for entry in entries)
            in_streams = (
                in_order(each for each in entries if each.stream == stream) for stream in streams
            )
            return [each for of in in_streams for each in of if not each.is_platform]
        matching = [entry for entry in entries if self.wanted.has(entry.key)]
        return [
            entry
            for stream in dict.fromkeys(entry.stream[1] for entry in matching)
            for entry in with_prints(in_order(self._stream(group, stream, matching)), self.wanted)
        ]

    def _stream(self, group: str, stream: str, matching: Sequence[Entry]) -> Iterator[Entry]:
        """All entries of a stream around the matching ones."""
        times = [each.stored_ms for each in matching if each.stream[1] == stream]
        bounds = {"startTime": min(times) - LATE_MS, "endTime": max(times) + LATE_MS}
        token: dict[str, str] = {}
        while True:
            page = self.logs.get_log_events(
                logGroupName=group, logStreamName=stream, startFromHead=True, **bounds, **token
            )
            yield from (Entry.of(event, group, stream) for event in page["events"])
            following = page.get("nextForwardToken")
            if not page["events"] or following in (None, token.get("nextToken")):
                return
            token = {"nextToken": following}
