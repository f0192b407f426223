"""The stack of the demo: a task service with the airport tasks."""

from pathlib import Path
from typing import Any

from constructs import Construct

from taskmill_cdk import TaskSource, TaskStack

_TASKS = TaskSource(folder=Path(__file__).with_name("tasks"), modules=["airport_tasks"])
EXPORTS = "exports/*"


class AirportsStack(TaskStack):
    """A ``TaskStack`` whose worker may also read and write ``exports/*`` in the payload bucket."""

    def __init__(self, scope: Construct, construct_id: str, **props: Any) -> None:
        super().__init__(scope, construct_id, tasks=_TASKS, **props)

    def _grant_permissions(self) -> None:
        super()._grant_permissions()
        # The task data-export stores its CSV files there.
        self.payloads.grant_read(self.worker, EXPORTS)
        self.payloads.grant_write(self.worker, EXPORTS)
