"""Step Functions: starts and stops executions of the fan-out workflow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from taskmill.model.derived_codes import execution_name
from taskmill.model.rows.task_row import TaskRow

ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})
MISSING = "MISSING"  # our word: never started, or ended more than 90 days ago


@dataclass(frozen=True)
class Execution:
    """An execution as Step Functions describes it; `status` may also be `MISSING`."""

    name: str
    status: str
    cause: str = ""


class Workflow:
    """The state machine of fan-outs: split ▶ Distributed Map of batches ▶ finish."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self.client = client
        self.state_machine_arn = state_machine_arn

    def start(self, row: TaskRow) -> None:
        """Start the execution of a row's run; does nothing if it was started before."""
        try:
            self.client.start_execution(
                stateMachineArn=self.state_machine_arn,
                name=_name(row),
                input=json.dumps(row.key.as_dict()),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def stop(self, row: TaskRow) -> None:
        """Stop the execution of a row's run; does nothing if it ended or was never started."""
        try:
            self.client.stop_execution(executionArn=self._arn(row), cause="cancelled")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise

    def describe(self, row: TaskRow) -> Execution:
        """What became of the execution of a row's run."""
        try:
            found = self.client.describe_execution(executionArn=self._arn(row))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
            return Execution(_name(row), MISSING)
        return Execution(_name(row), found["status"], found.get("cause") or "")

    def _arn(self, row: TaskRow) -> str:
        executions = self.state_machine_arn.replace(":stateMachine:", ":execution:")
        return f"{executions}:{_name(row)}"


def _name(row: TaskRow) -> str:
    return execution_name(row.key, row.run, row.created_at)
