"""What is known of the task types of this process: schemas, retries, limits, secrets."""

from __future__ import annotations

import inspect
from typing import Any

from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.registry import Registry
from taskmill.functions.shown_schemas import without_values_of
from taskmill.functions.task_functions import TaskFunction
from taskmill.functions.user_code import described
from taskmill.model.api.task_types import TaskType, TaskTypes
from taskmill.model.errors import Abort
from taskmill.model.pools import CONTAINER
from taskmill.model.redaction import RedactedNames

_OWN = "taskmill."  # types that the stack itself runs


def described_types(registry: Registry) -> TaskTypes:
    """The types of the registry's modules, which are imported if they were not."""
    failure = registry.try_load()
    known = [] if registry.is_empty else sorted(FUNCTIONS.items())
    types = (each for name, each in known if not name.startswith(_OWN))
    return TaskTypes(
        types=tuple(described_type(each, registry.redact) for each in types),
        failed=described(failure) if failure else None,
    )


def described_type(function: TaskFunction, redact: RedactedNames) -> TaskType:
    """One type; of a hint that means nothing there is no schema.

    Args:
        redact: Names of fields that are masked in all types.
    """
    names = RedactedNames((*function.redact, *redact.names))
    argument = function.signature.argument
    return TaskType(
        type=function.type,
        description=inspect.getdoc(function.function),
        input_schema=without_values_of(_schema(function), names),
        input_required=argument is not None and not function.signature.has_default,
        max_attempts=function.retry.max_attempts,
        timeout_seconds=function.timeout_seconds,
        pool=function.settings.pool or (CONTAINER if function.settings.runner else None),
        secret_fields=function.secret_fields,
    )


def _schema(function: TaskFunction) -> dict[str, Any] | None:
    try:
        return function.input_schema()
    except Abort:
        return None
