"""What a batch, and then a fan-out, says of the errors of its subtasks: a few lines, not the rows.

In a row it is a map by fingerprint: `{n, new, type, message, index}`: how many there are, how many
of them failed in this run, and of one of them the type and message of its error and its index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from taskmill.model import fingerprints

KINDS_LIMIT = 20  # different errors; what is beyond these counts as `OTHERS`
MESSAGE_LIMIT = 120  # characters
OTHERS = "others"
_MARK = re.compile("[0-9a-z]{1,64}")  # as the API's paths have it
Failures = dict[str, dict[str, Any]]


def mark_of(error: Mapping[str, Any], known: str | None = None) -> str:
    """The fingerprint of an error; one that is no part of a key, written by hand, is none.

    Args:
        known: As the row has it.
    """
    stored = known or error.get("fingerprint")
    if isinstance(stored, str) and _MARK.fullmatch(stored):
        return stored
    return fingerprints.fingerprint_of(error)


def failure(
    error: Mapping[str, Any],
    *,
    index: int,
    n: int = 1,
    new: int | None = None,
    known: str | None = None,
) -> Failures:
    """The map of one error that `n` subtasks have, of which one is at `index`.

    Args:
        new: How many of them failed in this run; all by default.
    """
    entry = {
        "n": n,
        "new": n if new is None else new,
        "type": str(error.get("type", "Error")),
        "message": str(error.get("message", ""))[:MESSAGE_LIMIT],
        "index": index,
    }
    return {mark_of(error, known): entry}


def summed(parts: Iterable[Mapping[str, Mapping[str, Any]]]) -> Failures:
    """The maps of several, as one map with at most 21 entries."""
    total: Failures = {}
    for part in parts:
        for mark, entry in part.items():
            name = mark if mark in total or len(total) < KINDS_LIMIT else OTHERS
            known = total.setdefault(name, {**_named(entry, name), "n": 0, "new": 0})
            known["n"] += entry["n"]
            known["new"] += entry["new"]
    return total


def _named(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name != OTHERS:
        return dict(entry)
    return {**entry, "type": "Others", "message": "further kinds of errors of one fan-out"}
