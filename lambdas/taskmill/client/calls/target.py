"""What both kinds of calls share: the target of requests, and how answers are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from taskmill.client.answers import error_of, is_local, no_answer
from taskmill.client.calls.retries import Outcome
from taskmill.client.calls.steps import Sending


@dataclass(frozen=True, slots=True)
class Target:
    """Where a client's requests go.

    Attributes:
        url: Base URL of the API.
        auth: Authenticates requests; its `str` names the credentials in error messages.
        timeout_seconds: For one request; connecting takes 5 s at most.
    """

    url: str
    auth: httpx.Auth
    timeout_seconds: float

    def options(self) -> dict[str, Any]:
        """Options of an `httpx` client."""
        return {
            "timeout": self._timeout(self.timeout_seconds),
            # Requests to the local cloud must not go through a proxy from the environment.
            "trust_env": not is_local(httpx.URL(self.url)),
        }

    def arguments(self, sending: Sending) -> dict[str, Any]:
        """Arguments of an `httpx` request, without its content."""
        return {
            "method": sending.method,
            "url": sending.url,
            "headers": dict(sending.headers),
            "auth": sending.auth,
            "timeout": self._timeout(sending.timeout_seconds or self.timeout_seconds),
        }

    def _timeout(self, seconds: float) -> httpx.Timeout:
        return httpx.Timeout(seconds, connect=min(5.0, self.timeout_seconds))


def accepted(outcome: Outcome, sending: Sending) -> httpx.Response:
    """The response of a request that succeeded.

    Raises:
        TaskmillError: The API refused it, or cannot be reached.
    """
    if isinstance(outcome, httpx.TransportError):
        raise no_answer(outcome) from None
    if outcome.is_success or outcome.status_code in sending.accept:
        return outcome
    raise error_of(outcome, caller=str(sending.caller))
