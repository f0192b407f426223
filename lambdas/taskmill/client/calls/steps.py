"""The steps of a client's operation: what is to be done, without doing it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import httpx

from taskmill.client.answers import json_of
from taskmill.client.inputs.spool import Spool
from taskmill.functions.polling import Patience
from taskmill.model.api.views import Task, Upload
from taskmill.model.errors import PayloadMissing

R = TypeVar("R")
T = TypeVar("T")

_NOT_THERE = 404
_ALREADY_THERE = 412  # S3's answer to a repeated PUT with If-None-Match: *
_PRESIGNED = "the holder of a presigned URL"
_UPLOAD_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Sending:
    """One HTTP request, ready to be sent.

    Attributes:
        content: The body; a spool is streamed.
        caller: Authenticates the request, or names whoever sends one without authentication.
        repeatable: The request is idempotent, so it may be sent again after any failure.
        accept: Statuses that are no errors, besides 2xx.
        timeout_seconds: Of this request; None: that of the client.
    """

    method: str
    url: str
    content: bytes | Spool
    headers: Mapping[str, str]
    caller: httpx.Auth | str
    repeatable: bool
    accept: tuple[int, ...] = ()
    timeout_seconds: float | None = None

    @property
    def auth(self) -> httpx.Auth | None:
        return self.caller if isinstance(self.caller, httpx.Auth) else None


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the API; it gives the parsed JSON of the answer.

    Attributes:
        path: Below the URL of the API.
        repeatable: See `Sending`.
    """

    method: str
    path: str
    body: bytes = b""
    repeatable: bool = False

    def sending(self, url: str, auth: httpx.Auth) -> Sending:
        headers = {"Accept": "application/json"}
        if self.body:
            headers["Content-Type"] = "application/json"
        return Sending(self.method, f"{url}{self.path}", self.body, headers, auth, self.repeatable)

    def read(self, response: httpx.Response) -> Any:
        return json_of(response)


@dataclass(frozen=True, slots=True)
class Uploading:
    """Streams a file to a presigned URL, without further credentials; it gives None."""

    upload: Upload
    spool: Spool

    def sending(self, url: str, auth: httpx.Auth) -> Sending:  # noqa: ARG002
        return Sending(
            "PUT",
            self.upload.url,
            self.spool,
            {**self.upload.headers, "Content-Length": str(self.spool.size)},
            _PRESIGNED,
            repeatable=True,
            accept=(_ALREADY_THERE,),
            timeout_seconds=_UPLOAD_SECONDS,
        )

    def read(self, response: httpx.Response) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Downloading:
    """Fetches the JSON document at a presigned URL; raises `PayloadMissing` if it is gone."""

    url: str

    def sending(self, url: str, auth: httpx.Auth) -> Sending:  # noqa: ARG002
        return Sending("GET", self.url, b"", {}, _PRESIGNED, repeatable=True, accept=(_NOT_THERE,))

    def read(self, response: httpx.Response) -> Any:
        if response.status_code == _NOT_THERE:
            raise PayloadMissing("the payload has expired", field="result")
        return json_of(response)


@dataclass(frozen=True, slots=True)
class Pause:
    """Waits until the next look at a task that has not ended."""

    patience: Patience
    task: Task


@dataclass(frozen=True, slots=True)
class Tell:
    """Calls a function of the caller's; the async client awaits what it returns, if it can be."""

    function: Callable[[Any], Any]
    value: Any


@dataclass(frozen=True, slots=True)
class Breath:
    """Lets other work of an event loop go on, in the middle of a long computation."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A call that blocks: it reads a file. The async client makes it in a thread."""

    call: Callable[[], Any]


HttpStep = Request | Uploading | Downloading
Step = HttpStep | Pause | Tell | Breath | Aside

Steps = Generator[Step, Any, R]
"""An operation that takes such steps, is sent what each gives, and returns an `R`."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list that the API gives in pages.

    Attributes:
        read: Makes an object of an item's JSON.
        query: Parameters; None is left out.
        items: Name of the list in an answer.
        cursor: Where to begin; None: at the start.
    """

    path: str
    read: Callable[[Any], T]
    query: Mapping[str, Any] = field(default_factory=dict)
    items: str = "items"
    cursor: str | None = None

    def page(self, cursor: str | None) -> Request:
        """The request of the page that begins at a cursor."""
        return getting(self.path, **self.query, cursor=cursor)


def getting(path: str, **query: Any) -> Request:
    """A GET; query parameters that are None are left out."""
    given = {name: str(value) for name, value in query.items() if value is not None}
    # Spaces as %20, not +, as AWS signatures require.
    tail = f"?{urlencode(given, quote_via=quote)}" if given else ""
    return Request("GET", f"{path}{tail}", repeatable=True)
