"""What one environment of the API's function answers for one tenant (decision 27).

An environment answers one request at a time, and knows nothing of the others: a tenant that sends
many requests at the same time has one bucket in each of them. A refusal makes no call to AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver

from taskmill.aws.s3.payloads import UPLOAD_SECONDS
from taskmill.model.errors import TooManyRequests
from taskmill.model.token_buckets import TokenBuckets
from taskmill.wiring.process import current
from taskmill.wiring.wiring import Wiring

BURST_SECONDS = 10  # a tenant that was silent may send the requests of ten seconds at once


@dataclass(frozen=True)
class TenantBuckets:
    """The buckets of this process; None: there is no limit."""

    wiring: Wiring
    requests: TokenBuckets | None
    uploads: TokenBuckets | None


_MADE: list[TenantBuckets] = []


def limit_requests(
    app: ApiGatewayResolver, next_middleware: Callable[[ApiGatewayResolver], Response[Any]]
) -> Response[Any]:
    """Middleware: refuse a request of a tenant that sends too many.

    Raises:
        TooManyRequests: With the seconds to wait.
    """
    tenant, buckets = app.context["_route_args"].get("tenant"), _buckets().requests
    if tenant is not None and buckets is not None and (wait := buckets.take(tenant)):
        raise TooManyRequests(
            f"tenant {tenant!r} sends more than {buckets.per_second:.0f} requests a second;"
            f" try again in {wait} s",
            after_seconds=wait,
        )
    return next_middleware(app)


def limit_uploads(tenant: str) -> None:
    """Count a presigned upload.

    Raises:
        TooManyRequests: The tenant has as many as it may have within the time they are valid.
    """
    buckets = _buckets().uploads
    if buckets is not None and (wait := buckets.take(tenant)):
        raise TooManyRequests(
            f"tenant {tenant!r} has {buckets.capacity:,} open uploads; try again in {wait} s",
            after_seconds=wait,
        )


def _buckets() -> TenantBuckets:
    """The buckets of the present wiring, which tests replace."""
    wiring = current()
    if not _MADE or _MADE[0].wiring is not wiring:
        settings = wiring.settings
        rate, uploads = settings.tenant_requests_per_second, settings.tenant_open_uploads
        _MADE[:] = [
            TenantBuckets(
                wiring,
                _of(wiring, capacity=rate * BURST_SECONDS, per_second=rate) if rate else None,
                _of(wiring, capacity=uploads, per_second=uploads / UPLOAD_SECONDS)
                if uploads
                else None,
            )
        ]
    return _MADE[0]


def _of(wiring: Wiring, *, capacity: int, per_second: float) -> TokenBuckets:
    return TokenBuckets(capacity=capacity, per_second=per_second, clock=wiring.clock)
