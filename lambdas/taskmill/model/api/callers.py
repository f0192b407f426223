"""What the API tells a caller about itself and about them."""

from __future__ import annotations

from pydantic import Field

from taskmill.model.api.base import View

DOLLARS_PER_READ_UNIT = 0.125 / 1_000_000  # on-demand list price in us-east-1


class StackInfo(View):
    """The stack that answers."""

    name: str | None = None
    environment: str | None = Field(
        default=None, description="As the stack is marked, such as `prod`; null: it is not."
    )
    region: str | None = None


class WhoAmI(View):
    """Who sends the request, what they may do, and what this API can.

    Of callers who sign with AWS credentials, IAM policies decide, which the API cannot see: what
    depends on them is null.
    """

    user: str | None = Field(description="ARN of the AWS identity, or subject of the token.")
    tenants: tuple[str, ...] | None = Field(
        description="Tenants that the token names; null: those that policies allow."
    )
    may_write: bool | None = Field(
        description="Whether the token may change anything; null: ask `POST .../may-write`."
    )
    may_reveal: bool | None = Field(description="Whether the token may read secrets in the clear.")
    features: tuple[str, ...] = Field(description="Groups of routes that this API has.")
    version: str | None = Field(description="Version of taskmill.")
    stack: StackInfo
    dollars_per_read_unit: float = Field(
        description="Price of a read unit of DynamoDB, by which views tell what they cost."
    )


class Tenants(View):
    """Tenants, by name: those of a token, else all that have had a task."""

    tenants: tuple[str, ...]
