"""Submit tasks and follow them from Python, over HTTP.

```python
from taskmill.client import TaskClient

with TaskClient.from_environment(tenant="mbc") as client:
    task = client.submit("data-export", {"year": 2024})
    client.wait(task)
    print(client.result(task))
```
"""

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

__all__ = [
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
