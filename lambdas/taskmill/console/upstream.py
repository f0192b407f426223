"""The one API that a console forwards to, called with the credentials of who started it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from taskmill.client.errors import NotConfigured

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 35.0  # the API's own is 29 s
# How API Gateway answers credentials that were valid once; others it calls "not authorized". In its
# own form, `{"message": …}`: an error of the API may name a task whose type is "expired-cards".
_EXPIRED = re.compile(
    rb"\s*\{\s*\"message\"\s*:\s*\"[^\"]*?"
    rb"(token[^\"]{0,60} (is )?expired|ExpiredToken|Signature expired)",
    re.IGNORECASE,
)


@dataclass
class Upstream:
    """Sends requests to the API, and to the addresses of its payloads.

    Attributes:
        url: Of the API, without a slash at the end.
        make_auth: Reads the credentials anew; raises `NotConfigured` where there are none.
        transport: Replaces the network, for tests and in-process clouds.
    """

    url: str
    make_auth: Callable[[], httpx.Auth | None]
    transport: httpx.AsyncBaseTransport | None = None
    _auth: httpx.Auth | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    async def send(
        self, method: str, target: str, *, headers: Mapping[str, str], content: bytes
    ) -> httpx.Response:
        """Send a signed request; credentials that have expired are read anew, once.

        Args:
            target: Path and query below the URL of the API.

        Raises:
            NotConfigured: There are no credentials, or they have expired.
            httpx.TransportError: The API did not answer.
        """
        request = self.http.build_request(
            method, f"{self.url}{target}", headers=headers, content=content
        )
        try:
            response = await self.http.send(request, auth=await self._credentials())
        except NotConfigured:
            response = await self.http.send(request, auth=await self._credentials(anew=True))
        if is_expired(response):
            response = await self.http.send(request, auth=await self._credentials(anew=True))
        return response

    async def open(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        """Open a presigned address, without credentials; who calls reads and closes the answer."""
        request = self.http.build_request("GET", url, headers=headers)
        return await self.http.send(request, auth=None, stream=True)

    async def close(self) -> None:
        if "http" in self.__dict__:
            await self.http.aclose()

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """The connections, which never follow a redirect."""
        import httpx

        from taskmill.client.answers import is_local

        return httpx.AsyncClient(
            transport=self.transport,
            timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=5.0),
            trust_env=not is_local(httpx.URL(self.url)),  # no proxy to the local cloud
            follow_redirects=False,
            headers={"accept": "application/json", "user-agent": "taskmill-console"},
        )

    async def _credentials(self, *, anew: bool = False) -> httpx.Auth | None:
        import asyncio

        return await asyncio.to_thread(self._read_credentials, anew=anew)

    def _read_credentials(self, *, anew: bool) -> httpx.Auth | None:
        with self._lock:
            if anew or self._auth is None:
                self._auth = self.make_auth()
            return self._auth


def is_expired(response: httpx.Response) -> bool:
    """Whether the gateway refused credentials because their time is over."""
    return response.status_code in (401, 403) and bool(_EXPIRED.match(response.content))
