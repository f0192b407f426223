"""The task types of a stack, as a form to submit one needs them."""

from __future__ import annotations

from pydantic import Field

from taskmill.model.api.base import Json, View


class TaskType(View):
    """A task type: the function that runs it, in words and numbers."""

    type: str
    description: str | None = Field(default=None, description="Docstring of the task function.")
    input_schema: dict[str, Json] | None = Field(
        default=None,
        description="JSON Schema of the input; null: any JSON, or a type without a schema.",
    )
    input_required: bool = Field(
        default=True, description="False if the input may be left out: it has a default."
    )
    max_attempts: int
    timeout_seconds: float = Field(description="Limit of one attempt.")
    pool: str | None = Field(
        default=None, description="Worker pool; null: the stack's own workers."
    )
    paused: bool = Field(
        default=False, description="Whether the type, or all of the tenant, is paused."
    )
    secret_fields: tuple[str, ...] = Field(
        default=(), description="Fields that the API masks, as `card.number` or `lines.*.token`."
    )


class TaskTypes(View):
    """The types that the stack's task modules declare, by name.

    Consumers outside the stack may run others.
    """

    types: tuple[TaskType, ...]
    failed: str | None = Field(
        default=None, description="Why the API could not import a module, whose types are missing."
    )
