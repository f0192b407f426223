"""How schemathesis holds the API against its OpenAPI document, in process and deployed."""

import itertools
from collections.abc import Sequence
from typing import Any

import schemathesis
from schemathesis.schemas import BaseSchema

TENANT = "mbc"
# We cannot check signatures: that is the gateway's part, and the local one takes any.
EXCLUDED = [schemathesis.checks.ignored_auth]


def aim(schema: BaseSchema, codes: dict[str, Sequence[str]]) -> BaseSchema:
    """Let every second generated path name a task that there is.

    Args:
        schema: Whose paths.
        codes: Codes of tasks of the type "any", by the path of their kind.
    """
    turns = {path: itertools.cycle([None, *each]) for path, each in codes.items()}

    @schema.hook
    def map_path_parameters(context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
        kind = context.operation.path.split("/")[4] if "{code}" in context.operation.path else ""
        code = next(turns[kind]) if kind else None
        if code is None:
            return path_parameters
        return {**path_parameters, "tenant": TENANT, "type": "any", "code": code}

    schema.config.generation.update(with_security_parameters=False)
    return schema
