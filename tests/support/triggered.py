"""Messages that start tasks, as EventBridge puts them on the work queue."""

import json
from typing import Any

from taskmill.testing import InProcessCloud


def asked(task_type: str = "import-file", **fields: Any) -> str:
    """The body that a rule's target makes of an event."""
    given = {"tenant": "acme", "type": task_type, "code": "e-1", "input": {"name": "a.csv"}}
    return json.dumps({"submit": given | {"by": "rule:Uploads"} | fields})


def send(cloud: InProcessCloud, body: str, *, times: int = 1) -> None:
    for _ in range(times):
        cloud.queues.of("queue").put(body)
