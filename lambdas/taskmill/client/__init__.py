"""The Python client of the HTTP API: submits tasks, follows them, and reads their results.

```python
from taskmill.client import TaskClient

with TaskClient.from_environment(tenant="mbc") as client:
    task = client.submit("data-export", {"year": 2024})
    client.wait(task)
    print(client.result(task))
```

`AsyncTaskClient` has the same methods for code on an event loop.

HTTP calls, their authentication, retries and errors live here; no rules about tasks, and no access
to the table. May import `functions` and `model`, not `aws`, `work` or `service`.
"""

from typing import TYPE_CHECKING, Any

from taskmill.client.client import TaskClient
from taskmill.client.errors import NotConfigured, TaskFailed, Unreachable, WaitTimeout
from taskmill.model.api.requests import NewTask
from taskmill.model.api.schedules import Schedule
from taskmill.model.api.views import Progress, Task
from taskmill.model.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    LimitExceeded,
    TaskNotFound,
    Throttled,
)

if TYPE_CHECKING:
    from taskmill.client.async_client import AsyncTaskClient

__all__ = [
    "AsyncTaskClient",
    "Conflict",
    "Forbidden",
    "InvalidRequest",
    "LimitExceeded",
    "NewTask",
    "NotConfigured",
    "Progress",
    "Schedule",
    "Task",
    "TaskClient",
    "TaskFailed",
    "TaskNotFound",
    "Throttled",
    "Unreachable",
    "WaitTimeout",
]


def __getattr__(name: str) -> Any:
    """Import `AsyncTaskClient` when it is first used: asyncio takes 40 ms, which scripts save."""
    if name != "AsyncTaskClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from taskmill.client.async_client import AsyncTaskClient

    globals()[name] = AsyncTaskClient
    return AsyncTaskClient
