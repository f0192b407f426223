"""Keys of the objects in the payload bucket."""

from __future__ import annotations

import hashlib

from taskmill.aws.dynamodb.payload_rows import LONGEST_LIFE_OF_A_TASK_DAYS
from taskmill.model.clock import DAY_SECONDS
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow


def is_planned(row: TaskRow) -> bool:
    """Whether a task starts so late that its input needs a longer retention than others."""
    life = LONGEST_LIFE_OF_A_TASK_DAYS * DAY_SECONDS * 1000
    return bool(row.run_at and row.created_at and row.run_at - row.created_at > life)


def input_key(key: TaskKey, text: str, extension: str, *, planned: bool = False) -> str:
    """An object key with a hash of the text, so that reusing a code overwrites no other input."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    place = "planned" if planned else "inputs"
    return f"{place}/{key.tenant}/{key.type}/{key.code}-{digest}.{extension}"


def result_key(key: TaskKey, fence: str) -> str:
    """An object key with the fence of the attempt, so that a late worker overwrites nothing."""
    name = key.code if key.index is None else f"{key.code}/{key.index}"
    return f"results/{key.tenant}/{key.kind}/{key.type}/{name}-{fence}.json"
