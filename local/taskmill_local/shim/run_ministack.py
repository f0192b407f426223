"""Start MiniStack 1.5.33 with its gaps closed that stand in our way.

Runs as a script in the emulator's own environment, where taskmill is not installed, so it
imports nothing of ours. Arguments are ignored: they only name the cloud in a process list.

Always:

- It reads ``MaxConcurrency`` of a Distributed Map and ignores ``MaxConcurrencyPath``, with which
  a submit chooses its own concurrency. It would run 64 children at a time, each with a Lambda
  process of its own. Here the path is resolved before MiniStack sees the state.

Where it checks policies:

- It speaks plain HTTP, so policies that demand TLS (``aws:SecureTransport``) would refuse
  everybody. What stays on this machine counts as secure.
- It looks for calls by their own names, where AWS knows fewer permissions than calls:
  ``sqs:SendMessage`` allows ``SendMessageBatch`` too, and PartiQL statements are allowed by what
  they do (``dynamodb:PartiQLInsert``) to which table.
"""

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import stepfunctions

Function = Callable[..., Any]

_PERMISSIONS = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
_STATEMENT = re.compile(r'\s*(INSERT|UPDATE|DELETE|SELECT).*?"([^"]+)"', re.IGNORECASE)


def with_max_concurrency_path(run_map: Function) -> Function:
    """``run_map`` that also understands ``MaxConcurrencyPath``, as AWS does."""

    def run(state: dict[str, Any], raw_input: Any, effective: Any, *rest: Any) -> Any:
        path = state.get("MaxConcurrencyPath")
        if path is not None:
            context = rest[-1]
            limit = stepfunctions._resolve_path_or_ctx(path, effective, context)
            state = {**state, "MaxConcurrency": limit}
        return run_map(state, raw_input, effective, *rest)

    return run


def with_secure_transport(resolve_key: Function) -> Function:
    """``resolve_key`` for which every request came over TLS."""

    def resolve(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve_key(key, context)

    return resolve


def with_permissions(action_of: Function) -> Function:
    """``action_of`` that names the permission which AWS asks for."""

    def permission_of(service: str, method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        action = action_of(service, method, path, headers, body, query)
        if statement := _statement(action, body):
            return f"dynamodb:PartiQL{statement[1].title()}"
        return _PERMISSIONS.get(action, action)

    return permission_of


def with_tables_of_statements(resource_of: Function) -> Function:
    """``resource_of`` that finds the table of PartiQL statements."""

    def table_of(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
        resource = resource_of(service, method, path, headers, body, *rest)
        target = headers.get("x-amz-target", "").replace("DynamoDB_20120810.", "dynamodb:")
        if statement := _statement(target, body):
            *_, region, account = rest
            return iam_actions._dynamodb_table_arn(statement[2], region, account)
        return resource

    return table_of


def _statement(action: str | None, body: bytes) -> re.Match[str] | None:
    """The first PartiQL statement of a request: its verb and its table. Ours are all alike."""
    if action not in ("dynamodb:ExecuteStatement", "dynamodb:BatchExecuteStatement"):
        return None
    request = json.loads(body)
    return _STATEMENT.match((request.get("Statements") or [request])[0]["Statement"])


if __name__ == "__main__":
    stepfunctions._run_distributed_map = with_max_concurrency_path(
        stepfunctions._run_distributed_map
    )
    iam_evaluator._resolve_condition_key = with_secure_transport(
        iam_evaluator._resolve_condition_key
    )
    iam_actions.extract_iam_action = with_permissions(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = with_tables_of_statements(iam_actions.extract_resource_arn)
    sys.argv = sys.argv[:1]
    app.main()
