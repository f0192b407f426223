"""Secrets in answers: masked by name, and in the clear on routes of their own."""

from __future__ import annotations

import json
import re
from typing import Any

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from taskmill.http.callers import caller_of
from taskmill.model.errors import Forbidden
from taskmill.model.redaction import RedactedNames
from taskmill.wiring.process import current

_REVEALED = re.compile(
    r"/v1/tenants/[^/]+/(tasks|step-function-tasks)/[^/]+/[^/]+(/subtasks/[^/]+)?"
    r"/(input|result)/revealed"
)
# What others have stored, in answers of any route. All else in them is ours.
_STORED = frozenset({"attributes", "details", "input", "progress", "result", "sample"})


def note_revealed(request: Request, what: str) -> None:
    """Let a caller read secrets in the clear, and log that they did.

    Args:
        what: Is read, such as "input of invoice 01M8A of tenant acme".

    Raises:
        Forbidden: The roles of the token do not allow it.
    """
    caller = caller_of(APIGatewayProxyEventV2(request.resolved_event.raw_event))
    if caller.may_reveal is False:
        raise Forbidden(f"none of your token's roles may reveal secrets: {what}")
    current().logger.warning("revealed", what=what, user=caller.user)


def mask_names(answer: dict[str, Any], path: str) -> dict[str, Any]:
    """An answer without the values of fields that `TaskStack(redact=...)` names.

    It is masked as a whole, so that no route can forget to.
    """
    names, body = current().settings.redact, answer.get("body")
    if not names or not body or _REVEALED.fullmatch(path):
        return answer
    masked = _masked(json.loads(body), RedactedNames(names))
    return {**answer, "body": json.dumps(masked, separators=(",", ":"), ensure_ascii=False)}


def _masked(value: Any, names: RedactedNames) -> Any:
    if isinstance(value, list):
        return [_masked(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: names.masked(each) if name in _STORED else _masked(each, names)
        for name, each in value.items()
    }
