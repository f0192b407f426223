"""Start MiniStack 1.5.33 with patches for the gaps between it and AWS that affect taskmill.

Runs as a script in the emulator's own environment, where taskmill is not installed. Its arguments
are ignored; they only identify the local cloud in a process list. What MiniStack does without the
patches:

- It reads ``MaxConcurrency`` of a Distributed Map and ignores ``MaxConcurrencyPath``, through which
  each fan-out has its own concurrency. It would run 64 children at a time, each in a Lambda process
  of its own. The patch resolves the path before MiniStack reads the state.
- It reports every exception of a function to Step Functions as ``Runtime.HandlerError``, so that no
  exception can be retried or caught by the name of its class.
- It changes rows by PartiQL statements without stream records, so the dispatcher would miss them.
- It parses each PartiQL statement of a batch twice, which takes 0.15 ms each time for a claim.
- It sends ``<aws.scheduler.scheduled-time>`` in the input of a schedule's target as it is, where
  EventBridge Scheduler replaces it by the planned time. All fires would look like the same one.
- It speaks plain HTTP, so that policies that demand TLS would deny all calls. The patch treats
  every request as secure, since none leaves this machine.
- It looks up calls in policies by their own names, where AWS has fewer permissions than calls:
  ``sqs:SendMessage`` also allows ``SendMessageBatch``, and PartiQL statements need permissions for
  their verb on their table. It also treats every schedule as one of the default group.
- It resolves ``Ref`` of a secret to the secret's name, where CloudFormation gives its ARN: policies
  that name the secret so would allow nothing.
"""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb, eventbridge, lambda_svc, secretsmanager, stepfunctions
from ministack.services.cloudformation import provisioners

Function = Callable[..., Any]

_SECRET = "AWS::SecretsManager::Secret"  # noqa: S105  a type
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
    """Make ``run_map`` support ``MaxConcurrencyPath``."""

    def run(state: dict[str, Any], raw_input: Any, effective: Any, *rest: Any) -> Any:
        path = state.get("MaxConcurrencyPath")
        if path is not None:
            context = rest[-1]
            limit = stepfunctions._resolve_path_or_ctx(path, effective, context)
            state = {**state, "MaxConcurrency": limit}
        return run_map(state, raw_input, effective, *rest)

    return run


def with_exception_names(execute: Function) -> Function:
    """Make ``execute``, which runs a function, report exceptions by the names of their classes."""

    def run(*call: Any) -> Any:
        answer = execute(*call)
        body = answer.get("body")
        if answer.get("error") and body.get("errorType") == "Runtime.HandlerError":
            # The log ends with the traceback, whose last line is "module.Name: message".
            trace = answer["log"].rstrip().removesuffix(body["errorMessage"]).rstrip(": \n")
            name = re.split(r"[\n.]", trace)[-1]
            if name.isidentifier():
                answer = {**answer, "body": {**body, "errorType": name}}
        return answer

    return run


def with_record_of_insert(insert: Function) -> Function:
    """Make a PartiQL ``insert`` write a stream record."""

    def run(table: dict[str, Any], parsed: dict[str, Any]) -> Any:
        answer = insert(table, parsed)
        if _is_good(answer):
            item = parsed["item"]
            new = item["M"] if set(item) == {"M"} else item
            dynamodb._emit_stream_event(table["TableName"], "INSERT", None, new)
        return answer

    return run


def with_record_of_update(update: Function) -> Function:
    """Make a PartiQL ``update`` write a stream record."""

    def run(table: dict[str, Any], parsed: dict[str, Any], *rest: Any) -> Any:
        pk, sk, *_ = dynamodb._partiql_key_target(table, parsed)
        old = table["items"].get(pk, {}).get(sk)
        answer = update(table, parsed, *rest)
        if _is_good(answer):
            new = table["items"][pk][sk]  # not the object of old: updates copy the item
            dynamodb._emit_stream_event(table["TableName"], "MODIFY", old, new)
        return answer

    return run


def with_one_parse(parse: Function) -> Function:
    """Make ``parse`` return the former result if it is called twice in a row for one statement.

    A batch parses each statement to check it, and again to run it, both times with the same string
    and parameter objects. The result is returned only once more, as running a statement may modify
    it.
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
    """Make ``invoke_target`` put the planned time into the input of a schedule's target.

    MiniStack looks for due schedules every ten seconds; cron expressions are due at full minutes.
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
    """Make ``resolve_key``, which looks up condition keys, report TLS for every request."""

    def resolve(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve_key(key, context)

    return resolve


def with_permissions(action_of: Function) -> Function:
    """Make ``action_of`` return the permission that AWS checks for a call."""

    def permission(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        action = action_of(service, method, path, headers, body, *rest)
        if statement := _statement(action or "", body):
            return f"dynamodb:PartiQL{statement[1].title()}"
        return _PERMISSIONS.get(action, action)

    return permission


def with_resources(resource_of: Function) -> Function:
    """Make ``resource_of`` find the table of a PartiQL statement and the group of a schedule."""

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


def with_arns_of_secrets(handlers: dict[str, Any]) -> dict[str, Any]:
    """Make CloudFormation know secrets by their ARNs, where ``handlers`` know them by names."""

    def by_name(call: Function) -> Function:
        def called(secret: str, *rest: Any, **options: Any) -> Any:
            name, _ = secretsmanager._resolve(secret)
            answer = call(name or secret, *rest, **options)
            return answer and (answer[1]["Arn"], answer[1])

        return called

    def create(*given: Any) -> Any:
        _, attributes = handlers["create"](*given)
        return attributes["Arn"], attributes

    known = {name: by_name(handlers[name]) for name in ("update", "delete")}
    return {**handlers, **known, "create": create}


def _statement(call: str, body: bytes) -> re.Match[str] | None:
    """Verb and table of a PartiQL request: of its first statement, as taskmill never mixes them."""
    if not _STATEMENT_CALL.fullmatch(call):
        return None
    request = json.loads(body)
    return _STATEMENT.match((request.get("Statements") or [request])[0]["Statement"])


def _group_in(body: bytes) -> Any:
    return json.loads(body).get("GroupName") if body else None


def _is_good(answer: tuple[Any, ...]) -> bool:
    return bool(answer[0] == 200)


def close_gaps() -> None:
    """Replace the functions of MiniStack that have gaps."""
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
    secrets = provisioners._RESOURCE_HANDLERS
    secrets[_SECRET] = with_arns_of_secrets(secrets[_SECRET])


if __name__ == "__main__":
    close_gaps()
    sys.argv = sys.argv[:1]
    app.main()
