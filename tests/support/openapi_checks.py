"""How schemathesis holds the API against its OpenAPI document, in process and deployed."""

import itertools
import re
from collections.abc import Sequence
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from taskmill.model.keys import NAME_PATTERN

TENANT = "mbc"
# Signatures are the gateway's part, and the local one takes any.
EXCLUDED = [schemathesis.checks.ignored_auth]
# Whether a size is below the configured maximum, a cursor is of this very list, an input was
# uploaded, the numbers in attributes fit a row, or text is a cron expression, no schema can say.
_BEYOND_SCHEMAS = [
    "upload_create",
    "failure_list",
    "lookup",  # as many versions as keys, and keys of the tenant
    "task_tree",
    "step_function_task_tree",
    *("limits_list", "stack_limits_list"),  # a cursor of this list
    *("limit_set", "stack_limit_set"),  # either a concurrency or a rate
    "bulk_post",  # either a filter or keys, of this tenant; statuses that fit the action
    "callback_put",  # no callback of its own type
    "schedule_put",
    "statistics_history",  # from one time to a later one, at most 100 days
    "task_list",
    "task_submit",  # a moment within a year, and not beside a delay; no callback to itself
    "task_update",
    "step_function_task_list",
    "step_function_task_submit",
    "step_function_task_update",
]
_ACCEPTANCE = {"expected-statuses": ["2xx", "401", "403", "404", "409", "413", "422", "429"]}


def configuration(*, coverage: bool = True) -> SchemathesisConfig:
    """How to generate requests.

    Args:
        coverage: Each constraint of each field by turns, too: hundreds of requests.
    """
    return SchemathesisConfig.from_dict(
        {
            "phases": {"coverage": {"enabled": coverage}},
            "generation": {"with-security-parameters": False},
            "operations": [
                {
                    "include-operation-id": _BEYOND_SCHEMAS,
                    "checks": {"positive_data_acceptance": _ACCEPTANCE},
                }
            ],
        }
    )


def aim(schema: BaseSchema, task_type: str, codes: dict[str, Sequence[str]]) -> BaseSchema:
    """Let most of the generated paths name a task that there is.

    Args:
        schema: Whose paths.
        task_type: Of these tasks.
        codes: Their codes, by the path of their kind.
    """
    turns = {kind: itertools.cycle([None, *each]) for kind, each in codes.items()}

    @schema.hook
    def map_path_parameters(context: Any, path_parameters: Any) -> Any:
        names = [(path_parameters or {}).get(name) for name in ("tenant", "type", "code")]
        valid = all(re.fullmatch(NAME_PATTERN, str(name or "")) for name in names)
        code = next(turns[context.operation.path.split("/")[4]]) if valid else None
        if code is None:
            return path_parameters
        return {**path_parameters, "tenant": TENANT, "type": task_type, "code": code}

    return schema
