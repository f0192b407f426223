"""Step Functions: starts and stops executions of the fan-out workflow."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from taskmill.model.derived_codes import execution_name
from taskmill.model.keys import TaskKey


class Workflow:
    """The state machine of fan-outs: split ▶ Distributed Map of batches ▶ finish."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self.client = client
        self.state_machine_arn = state_machine_arn

    def start(self, key: TaskKey, run: int) -> None:
        """Start the execution of a run; does nothing if it was started before."""
        try:
            self.client.start_execution(
                stateMachineArn=self.state_machine_arn,
                name=execution_name(key, run),
                input=json.dumps(key.as_dict()),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def stop(self, key: TaskKey, run: int) -> None:
        """Stop the execution of a run; does nothing if it has ended or was never started."""
        execution = self.state_machine_arn.replace(":stateMachine:", ":execution:")
        try:
            self.client.stop_execution(
                executionArn=f"{execution}:{execution_name(key, run)}", cause="cancelled"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
