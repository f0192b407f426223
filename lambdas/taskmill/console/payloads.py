"""Large inputs and results: fetched for the page from the addresses that the API has just named.

The bucket allows no other origin (CORS), and need not: the page asks this server, which fetches
nothing but what an answer of the API named shortly before.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from taskmill.console.refusals import refusal
from taskmill.console.upstream import Upstream

if TYPE_CHECKING:
    import httpx

KEPT = 256  # addresses
MAX_BYTES = 1024**3  # of one answer; the largest payload has 256 MB
_PATHS = re.compile(r"/(input|result)(/revealed)?$")
_FIELD = re.compile(r"^(input|result)Url$")
_RANGE = re.compile(r"bytes=[0-9]{1,12}-[0-9]{0,12}")
_AWS = re.compile(r"\.amazonaws\.com(\.cn)?$")
_HERE = ("127.0.0.1", "localhost")
_SHOWN = ("content-length", "content-range", "accept-ranges", "etag")


class Payloads:
    """Remembers addresses, and streams what is there.

    Args:
        upstream: The API, whose bucket may be on this machine if it is.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._named: OrderedDict[str, None] = OrderedDict()

    def remember(self, path: str, response: httpx.Response) -> None:
        """Note the addresses in an answer, if it is about an input or a result."""
        if not _PATHS.search(path) or not response.is_success or b'Url"' not in response.content:
            return
        try:
            found = response.json()
        except ValueError:  # the page, which gets it as it is, says so
            return
        for name, value in found.items() if isinstance(found, dict) else ():
            if _FIELD.match(name) and isinstance(value, str) and self._is_of_a_bucket(value):
                self._named[value] = None
                self._named.move_to_end(value)
        while len(self._named) > KEPT:
            self._named.popitem(last=False)

    async def answer(self, request: Request) -> Response:
        """The payload at the address in the parameter `url`, or a range of its bytes."""
        import httpx

        if request.method != "GET":
            return refusal(405, "method_not_allowed", "payloads can be read only")
        url, wanted = request.query_params.get("url", ""), request.headers.get("range")
        if url not in self._named:
            return refusal(403, "unknown_payload", "no answer of the API has named this address")
        headers = {"range": wanted} if wanted and _RANGE.fullmatch(wanted) else {}
        try:
            response = await self._upstream.open(url, {**headers, "accept-encoding": "identity"})
        except httpx.HTTPError as error:
            return refusal(502, "unreachable", f"the payload cannot be read: {error}")
        if response.status_code not in (200, 206):
            await response.aclose()
            gone = "the payload has expired, or so has its address: read the task again"
            return refusal(410, "payload_expired", gone)
        shown = {each: response.headers[each] for each in _SHOWN if each in response.headers}
        return StreamingResponse(
            _chunks(response), response.status_code, shown, media_type="application/json"
        )

    def _is_of_a_bucket(self, url: str) -> bool:
        """Whether an address is one of S3, or of the cloud that the API itself is a part of."""
        try:
            address, api = urlsplit(url), urlsplit(self._upstream.url)
            _ = address.port
        except ValueError:  # an address that nobody could open
            return False
        if self._upstream.transport is not None:
            return address.scheme in ("memory", api.scheme)
        host = address.hostname or ""
        if api.hostname in _HERE:
            return address.scheme in ("http", "https") and (
                host in _HERE or host.endswith(".localhost")
            )
        return address.scheme == "https" and bool(_AWS.search(host))


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    sent = 0
    try:
        async for chunk in response.aiter_raw():
            sent += len(chunk)
            if sent > MAX_BYTES:
                raise ValueError(f"a payload has more than {MAX_BYTES:,} bytes")
            yield chunk
    finally:
        await response.aclose()
