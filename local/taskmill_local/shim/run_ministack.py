"""Start MiniStack 1.5.33 with those of its gaps closed that stand in our way.

Runs as a script in the emulator's own environment, where taskmill is not installed, so it
imports nothing of ours. Arguments are ignored: they only name the cloud in a process list.

- It reads ``MaxConcurrency`` of a Distributed Map and ignores ``MaxConcurrencyPath``, with which
  a submit chooses its own concurrency. It would run 64 children at a time, each with a Lambda
  process of its own. Here the path is resolved before MiniStack sees the state.
- A workflow learns of every exception as ``Runtime.HandlerError``, so none can be retried or
  caught by the name of its class.
- PartiQL statements change rows without a stream record, so nothing would follow from them.
- It parses each PartiQL statement of a batch twice, 0.15 ms each time for one of our claims.
- EventBridge Scheduler puts the time of a fire into the target's input, where it says
  ``<aws.scheduler.scheduled-time>``; MiniStack sends the placeholder, and every fire would be the
  same one.
- It speaks plain HTTP, so policies that demand TLS would refuse everybody. What stays on this
  machine counts as secure.
- It looks for calls by their own names in policies, where AWS knows fewer permissions than calls:
  ``sqs:SendMessage`` allows ``SendMessageBatch`` too, and PartiQL statements are allowed by what
  they do to which table. And it takes every schedule for one of the default group.
"""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb, eventbridge, lambda_svc, stepfunctions

Function = Callable[..., Any]

_PERMISSIONS = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
_FIRE_TIME = "<aws.scheduler.scheduled-time>"
_STATEMENT = re.compile(r'\s*(INSERT|UPDATE|DELETE|SELECT).*?"([^"]+)"', re.IGNORECASE)
_STATEMENT_CALL = re.compile(r".*[:.](Batch)?ExecuteStatement")


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


def with_exception_names(execute: Function) -> Function:
    """``execute`` of a function that names exceptions by their classes, as AWS does."""

    def run(*call: Any) -> Any:
        answer = execute(*call)
        body = answer.get("body")
        if answer.get("error") and body.get("errorType") == "Runtime.HandlerError":
            # The log ends with the traceback, and that with "module.Name: message".
            trace = answer["log"].rstrip().removesuffix(body["errorMessage"]).rstrip(": \n")
            name = re.split(r"[\n.]", trace)[-1]
            if name.isidentifier():
                answer = {**answer, "body": {**body, "errorType": name}}
        return answer

    return run


def with_record_of_insert(insert: Function) -> Function:
    """A PartiQL ``insert`` that the table's stream tells of."""

    def run(table: dict[str, Any], parsed: dict[str, Any]) -> Any:
        answer = insert(table, parsed)
        if _is_good(answer):
            item = parsed["item"]
            new = item["M"] if set(item) == {"M"} else item
            dynamodb._emit_stream_event(table["TableName"], "INSERT", None, new)
        return answer

    return run


def with_record_of_update(update: Function) -> Function:
    """A PartiQL ``update`` that the table's stream tells of."""

    def run(table: dict[str, Any], parsed: dict[str, Any], *rest: Any) -> Any:
        pk, sk, *_ = dynamodb._partiql_key_target(table, parsed)
        old = table["items"].get(pk, {}).get(sk)
        answer = update(table, parsed, *rest)
        if _is_good(answer):
            new = table["items"][pk][sk]  # another object: updates work on a copy
            dynamodb._emit_stream_event(table["TableName"], "MODIFY", old, new)
        return answer

    return run


def with_one_parse(parse: Function) -> Function:
    """A ``parse`` that, asked again for the statement it has just parsed, answers at once.

    It is the same statement only if it is the same object with the same parameters: a batch
    checks each of its statements by parsing it, and then runs it as if it came alone. What was
    parsed is given away with the second answer, as running a statement may change it.
    """
    newest: tuple[Any, ...] = ()

    def run(statement: str, parameters: Any) -> Any:
        nonlocal newest
        before, newest = newest, ()
        if before and before[0] is statement and before[1] is parameters:
            return before[2]
        parsed = parse(statement, parameters)
        newest = (statement, parameters, parsed)
        return parsed

    return run


def with_fire_time(invoke_target: Function) -> Function:
    """An ``invoke_target`` that tells a schedule's target for when the fire was planned.

    MiniStack looks every ten seconds; a cron expression is due at the full minute before.
    """

    def invoke(target: dict[str, Any], event: dict[str, Any], rule: Any, *rest: Any) -> Any:
        if event.get("Source") == "aws.scheduler" and target.get("Input"):
            moment = datetime.fromtimestamp(event["Time"], UTC)
            if rule["ScheduleExpression"].startswith("cron"):
                moment = moment.replace(second=0)
            text = target["Input"].replace(_FIRE_TIME, f"{moment:%Y-%m-%dT%H:%M:%SZ}")
            target = {**target, "Input": text}
        return invoke_target(target, event, rule, *rest)

    return invoke


def with_secure_transport(resolve_key: Function) -> Function:
    """``resolve_key`` for which every request came over TLS."""

    def resolve(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve_key(key, context)

    return resolve


def with_permissions(action_of: Function) -> Function:
    """``action_of`` that names the permission which AWS asks for."""

    def permission(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        action = action_of(service, method, path, headers, body, *rest)
        if statement := _statement(action or "", body):
            return f"dynamodb:PartiQL{statement[1].title()}"
        return _PERMISSIONS.get(action, action)

    return permission


def with_resources(resource_of: Function) -> Function:
    """``resource_of`` that finds the table of a PartiQL statement and the group of a schedule."""

    def resource(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        arn: str = resource_of(service, method, path, headers, body, *rest)
        query, region, account = rest
        if statement := _statement(headers.get("x-amz-target", ""), body):
            return iam_actions._dynamodb_table_arn(statement[2], region, account)
        if service == "scheduler":
            group = _group_in(body) or iam_actions._query_param(query, "groupName") or "default"
            return arn.replace("schedule/default/", f"schedule/{group}/")
        return arn

    return resource


def _statement(call: str, body: bytes) -> re.Match[str] | None:
    """The first PartiQL statement of a request: its verb and its table. Ours are all alike."""
    if not _STATEMENT_CALL.fullmatch(call):
        return None
    request = json.loads(body)
    return _STATEMENT.match((request.get("Statements") or [request])[0]["Statement"])


def _group_in(body: bytes) -> Any:
    return json.loads(body).get("GroupName") if body else None


def _is_good(answer: tuple[Any, ...]) -> bool:
    return bool(answer[0] == 200)


def close_gaps() -> None:
    """Replace the functions that have them."""
    for module, name, closed in (
        (stepfunctions, "_run_distributed_map", with_max_concurrency_path),
        (lambda_svc, "_execute_function_warm", with_exception_names),
        (dynamodb, "_partiql_insert", with_record_of_insert),
        (dynamodb, "_partiql_update", with_record_of_update),
        (dynamodb, "_parse_partiql", with_one_parse),
        (eventbridge, "_invoke_target", with_fire_time),
        (iam_evaluator, "_resolve_condition_key", with_secure_transport),
        (iam_actions, "extract_iam_action", with_permissions),
        (iam_actions, "extract_resource_arn", with_resources),
    ):
        setattr(module, name, closed(getattr(module, name)))


if __name__ == "__main__":
    close_gaps()
    sys.argv = sys.argv[:1]
    app.main()
