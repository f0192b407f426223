"""Error groups beside their counts: a sample of each, and resolved ones that occur again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.statistics import StatisticsStore
from taskmill.model.keys import StoredKey
from taskmill.model.wait_errors import TaskFailed
from taskmill.tally.additions import Addition

SAMPLE_PARTS = ("type", "message", "stack")


def is_childs(error: Mapping[str, Any]) -> bool:
    """Whether an error says no more than that a child has failed, which is in the same group."""
    return error.get("type") == TaskFailed.__name__ and "cause" in error


@dataclass(frozen=True)
class Groups:
    """Keeps samples, and reopens groups."""

    store: StatisticsStore
    _sampled: set[tuple[str, str]] = field(default_factory=set)

    def keep_sample(self, key: StoredKey, changes: Sequence[Addition]) -> None:
        """Store a whole error of a group that this process has not met; before it is counted.

        That of a parent is none: it only tells which child failed.
        """
        errors = [each.error for each in changes if each.error is not None]
        error = next((each for each in errors if not is_childs(each)), None)
        mark = key.sk.partition("#")[0]
        if error is None or (key.tenant, mark) in self._sampled:
            return
        sample = {name: error[name] for name in SAMPLE_PARTS if name in error}
        self.store.keep_sample(key.tenant, mark, sample)
        self._sampled.add((key.tenant, mark))

    def reopen(self, key: StoredKey, row: Mapping[str, Any], changes: Sequence[Addition]) -> None:
        """Reopen a resolved group, if one of these errors occurred after that."""
        if row.get("state") != "resolved":
            return
        resolved = row["stateAt"]
        times = [each.last["lastAt"] for each in changes if "lastAt" in each.last]
        again = [at for at in times if at > resolved]
        if again:
            where = {"state": "resolved", "stateAt": resolved}
            self.store.set_state(key, {"state": "open", "newSince": min(again)}, where=where)
