"""The tasks of `taskmill dev` in a file, from its end to its next start."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskmill.aws.sqs.memory_queue import MemoryMessage
from taskmill.model.statuses import FINAL

if TYPE_CHECKING:
    from taskmill.dev.cloud import RealTimeCloud

VERSION = 1
_BYTES = "base64:"


def save(cloud: RealTimeCloud, file: Path) -> int:
    """Write all tasks, payloads, messages and schedules; returns how many tasks are open."""
    ended = cloud.executions.ended
    state = {
        "version": VERSION,
        "items": cloud.table.items(),
        "records": cloud.table.records,
        "objects": cloud.bucket.objects,
        "tags": cloud.bucket.tags,
        "schedules": cloud.schedules.recurring,
        "names": sorted(cloud.schedules.names),
        "queues": {url: _messages(cloud, url) for url in cloud.urls},
        "started": cloud.executions.started,
        "waiting": [name for name in cloud.executions.started if name not in ended],
        "stopped": sorted(cloud.executions.stopped),
        "ended": ended,
    }
    new = file.with_suffix(".new")
    new.write_text(json.dumps(state, default=_encoded))
    new.replace(file)
    return open_tasks(cloud)


def load(cloud: RealTimeCloud, file: Path) -> int:
    """Read what `save` wrote, if anything; returns how many tasks are open.

    Raises:
        ValueError: The file is of another version, or malformed.
    """
    if not file.is_file():
        return 0
    state = json.loads(file.read_text(), object_hook=_decoded)
    if state.get("version") != VERSION:
        raise ValueError(f"it is of version {state.get('version')}, not {VERSION}")
    cloud.table.fill(state["items"])
    cloud.table.records.extend(state["records"])
    cloud.bucket.objects.update(state["objects"])
    cloud.bucket.tags.update(state["tags"])
    cloud.schedules.recurring.update(state["schedules"])
    cloud.schedules.names.update(state["names"])
    for url, messages in state["queues"].items():
        cloud.queue(url).messages.extend(MemoryMessage(**each) for each in messages)
    cloud.executions.started.update(state["started"])
    cloud.executions.waiting.extend(state["waiting"])
    cloud.executions.stopped.update(state["stopped"])
    cloud.executions.ended.update({name: tuple(each) for name, each in state["ended"].items()})
    return open_tasks(cloud)


def open_tasks(cloud: RealTimeCloud) -> int:
    """How many tasks and fan-outs have not ended."""
    rows = (item for item in cloud.table.items() if item.get("row", {}).get("S") in _TASKS)
    return sum(item["status"]["S"] not in FINAL for item in rows)


_TASKS = ("TASK", "SFN_TASK")


def _messages(cloud: RealTimeCloud, url: str) -> list[dict[str, Any]]:
    return [
        {"id": each.id, "body": each.body, "visible_at": each.visible_at, "sent_at": each.sent_at}
        for each in cloud.queue(url).messages
    ]


def _encoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode()}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be kept")


def _decoded(value: dict[str, Any]) -> Any:
    return base64.b64decode(value[_BYTES]) if set(value) == {_BYTES} else value
