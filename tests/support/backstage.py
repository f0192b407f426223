"""What is behind a page of the console: a cloud of its own, and the server that people use.

The test's thread and the server's take turns: the cloud does nothing while it answers a request.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from taskmill.client import TaskClient
from taskmill.console.serving import serve
from taskmill.console.upstream import Upstream
from taskmill.testing import InProcessCloud
from taskmill.testing.over_http.transport import InProcessTransport

TENANT = "acme"
URL = "http://in-process"

Stub = Callable[[httpx.Request], httpx.Response | None]
"""Answers a request in the place of the API; None leaves it to the API."""


@dataclass(frozen=True)
class Asked:
    """A request that reached the API, and its answer.

    Attributes:
        units: Read units that the answer names; 0 if it names none.
    """

    method: str
    path: str
    status: int
    units: float

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Backstage(httpx.AsyncBaseTransport):
    """The API as the console's server sees it, over a cloud.

    Attributes:
        asked: What the API was asked, oldest first.
        key: Of the console.
        url: Of the console's server.
        tenant: That the page begins with.
    """

    cloud: InProcessCloud
    asked: list[Asked] = field(default_factory=list)
    key: str = ""
    url: str = ""
    tenant: str = TENANT
    _stubs: list[tuple[re.Pattern[str], Stub]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turn = threading.RLock()
        self._api = InProcessTransport(self.cloud)

    @property
    def client(self) -> TaskClient:
        """A client of the same API; its requests are not among those asked."""
        return self.cloud.client(self.tenant)

    def address(self, view: str = "") -> str:
        """What to open in a browser, such as `address("/acme/tasks")`."""
        return f"{self.url}/#k={self.key}{view}"

    def run(self) -> None:
        """Do all work that there is; time passes as far as this takes."""
        with self.turn:
            self.cloud.run()

    def advance(self, seconds: float) -> None:
        with self.turn:
            self.cloud.advance(seconds=seconds)

    def stub(self, path: str, answer: Stub) -> None:
        """Answer requests to a path (a regular expression, without the query) ourselves."""
        self._stubs.insert(0, (re.compile(path), answer))

    def unstub(self) -> None:
        """Leave all requests to the API again."""
        self._stubs.clear()

    def refuse(self, path: str, status: int, message: str, *, methods: str = "") -> None:
        """Refuse requests as the API's gateway does, who has no `error` in its answers.

        Args:
            methods: As "POST DELETE"; all of them by default.
        """

        def answer(request: httpx.Request) -> httpx.Response | None:
            if methods and request.method not in methods.split():
                return None
            return httpx.Response(status, json={"message": message})

        self.stub(path, answer)

    def paths(self, method: str = "GET") -> list[str]:
        """Paths that were asked, without their tenant's beginning."""
        begin = f"/v1/tenants/{self.tenant}"
        return [each.path.removeprefix(begin) for each in self.asked if each.method == method]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        import asyncio

        await request.aread()
        return await asyncio.to_thread(self._answer, request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        with self.turn:
            answer = self._stubbed(request) or self._api.handle_request(request)
            units = float(answer.headers.get("x-taskmill-read-units", 0))
            path = request.url.path
            self.asked.append(Asked(request.method, path, answer.status_code, units))
        return answer

    def _stubbed(self, request: httpx.Request) -> httpx.Response | None:
        for path, answer in self._stubs:
            if path.search(request.url.path) and (answered := answer(request)):
                return answered
        return None


def page_of(items: list[Mapping[str, Any]], cursor: str | None = None) -> httpx.Response:
    """An answer with a page of a list."""
    body = json.dumps({"items": items, "cursor": cursor})
    return httpx.Response(200, content=body, headers={"x-taskmill-read-units": "12.5"})


@contextmanager
def backstage(
    cloud: InProcessCloud,
    *,
    tenant: str = TENANT,
    make_auth: Callable[[], httpx.Auth | None] = lambda: None,
    **about: Any,
) -> Iterator[Backstage]:
    """Serve a console in front of a cloud that has been entered.

    Args:
        tenant: That the page begins with.
        make_auth: Reads the caller's credentials, as of `Upstream`.
        about: As of `taskmill.console.serving.serve`.
    """
    behind = Backstage(cloud, tenant=tenant)
    with serve(Upstream(URL, make_auth, behind), tenant=tenant, **about) as place:
        behind.url, behind.key = place.url, place.key
        yield behind
