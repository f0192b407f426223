"""Where a bulk operation stands: stored in its own row, before it acts on each page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from taskmill.model.rows.task_row import TaskRow

ATTRIBUTE = "bulk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of a bulk operation between two pages.

    Attributes:
        page: Keys as text that are acted on now. What was acted on of them before a crash says so.
        behind: Position behind the page; None: it is the last one.
        acted: How many tasks it has acted on in the pages before.
        skipped: Reason -> how many it has not.
    """

    page: Sequence[str] = ()
    behind: list[Any] | None = field(default_factory=list)
    acted: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, row: TaskRow) -> Self:
        """What the row of a bulk has stored; the beginning if that is nothing."""
        stored = row.attributes.get(ATTRIBUTE)
        if not isinstance(stored, Mapping):
            return cls()
        return cls(
            page=tuple(map(str, stored.get("page", ()))),
            behind=stored.get("behind"),
            acted=int(stored.get("acted", 0)),
            skipped=dict(stored.get("skipped") or {}),
        )

    def after(self, outcomes: Sequence[str | None]) -> Self:
        """The state after a page; the outcomes are reasons why not, None: acted."""
        reasons = Counter(reason for reason in outcomes if reason is not None)
        return type(self)(
            behind=self.behind,
            acted=self.acted + len(outcomes) - reasons.total(),
            skipped=dict(sorted((Counter(self.skipped) + reasons).items())),
        )

    def to_values(self) -> dict[str, Any]:
        return {
            "page": list(self.page),
            "behind": self.behind,
            "acted": self.acted,
            "skipped": dict(self.skipped),
        }

    def counts(self) -> dict[str, Any]:
        """The result of the bulk."""
        return {"acted": self.acted, "skipped": dict(self.skipped)}

    @property
    def done(self) -> int:
        """How many tasks it has met and is through with."""
        return self.acted + sum(self.skipped.values())
