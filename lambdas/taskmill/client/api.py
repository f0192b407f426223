"""HTTP requests to the task API, with retries where they are safe; errors become exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from taskmill.client.answers import error_of, is_local, json_of, no_answer
from taskmill.client.retries import Sleep, send_with_retries
from taskmill.client.spool import Spool
from taskmill.model.api.views import Upload
from taskmill.model.errors import PayloadMissing
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.per_process import PerProcess

COLLECTIONS: Mapping[Kind, str] = {Kind.TASK: "tasks", Kind.SFN_TASK: "step-function-tasks"}
_NOT_THERE = 404
_ALREADY_THERE = 412  # S3's answer to a repeated PUT with If-None-Match: *
_PRESIGNED = "the holder of a presigned URL"


def path_of(key: TaskKey) -> str:
    """The URL path of a task, step function task or subtask."""
    whole = f"{collection_of(key.kind, key.tenant)}/{key.type}/{key.code}"
    return whole if key.index is None else f"{whole}/subtasks/{key.index}"


def collection_of(kind: Kind, tenant: str) -> str:
    """The URL path of all tasks of one kind."""
    return f"/v1/tenants/{quote(tenant, safe='')}/{COLLECTIONS[kind]}"


class Api:
    """Sends the HTTP requests of a client.

    Every method raises a `TaskmillError` if the API rejects the request or cannot be reached.

    Args:
        url: Base URL of the API.
        auth: Authenticates requests; its `str` names the credentials in error messages.
        timeout_seconds: For one request; connecting takes 5 s at most.
        transport: Replaces the network, for tests.
        sleep: Waits between attempts; takes seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: httpx.Auth,
        timeout_seconds: float,
        transport: httpx.BaseTransport | None,
        sleep: Sleep,
    ) -> None:
        self._url = url
        self._auth = auth
        self._sleep = sleep

        def connect() -> httpx.Client:
            return httpx.Client(
                timeout=httpx.Timeout(timeout_seconds, connect=min(5.0, timeout_seconds)),
                transport=transport,
                # Requests to the local cloud must not go through a proxy from the environment.
                trust_env=not is_local(httpx.URL(url)),
            )

        self._connections = PerProcess(connect)
        self._closed = False
        self._connections()  # now, so that a wrong proxy setting is an error of this call

    def close(self) -> None:
        """Close the connections of this process, not those of the one that it was forked from."""
        self._closed = True
        if mine := self._connections.made():
            mine.close()

    @property
    def _http(self) -> httpx.Client:
        http = self._connections()
        if self._closed:
            http.close()  # closed in the parent process before the fork: httpx refuses requests
        return http

    def get(self, path: str, **query: Any) -> Any:
        """The JSON response to a GET; query parameters that are None are left out."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        # Spaces as %20, not +, as AWS signatures require.
        tail = f"?{urlencode(given, quote_via=quote)}" if given else ""
        return self._call("GET", f"{path}{tail}", repeatable=True)

    def post(self, path: str, body: bytes = b"", *, repeatable: bool = False) -> Any:
        return self._call("POST", path, body, repeatable=repeatable)

    def patch(self, path: str, body: bytes) -> Any:
        return self._call("PATCH", path, body, repeatable=False)

    def put(self, path: str, body: bytes) -> Any:
        return self._call("PUT", path, body, repeatable=True)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path, repeatable=False)

    def pages(self, path: str, *, cursor: str | None = None, **query: Any) -> Iterator[Any]:
        """The items of all pages of a list from a cursor on; requests a page when it is needed."""
        while True:
            page = self.get(path, **query, cursor=cursor)
            yield from page["items"]
            cursor = page.get("cursor")
            if cursor is None:
                return

    def upload(self, upload: Upload, spool: Spool) -> None:
        """Stream a file to a presigned URL, without further credentials."""
        headers = {**upload.headers, "Content-Length": str(spool.size)}

        def send() -> httpx.Response:
            return self._http.put(upload.url, content=spool.chunks(), headers=headers, timeout=300)

        self._answer(send, repeatable=True, caller=_PRESIGNED, accept=(_ALREADY_THERE,))

    def download(self, url: str) -> Any:
        """The JSON document at a presigned URL.

        Raises:
            PayloadMissing: There is none any more.
        """

        def send() -> httpx.Response:
            return self._http.get(url)

        response = self._answer(send, repeatable=True, caller=_PRESIGNED, accept=(_NOT_THERE,))
        if response.status_code == _NOT_THERE:
            raise PayloadMissing("the payload has expired", field="result")
        return json_of(response)

    def _call(self, method: str, path: str, body: bytes = b"", *, repeatable: bool) -> Any:
        headers = {"Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"

        def send() -> httpx.Response:
            return self._http.request(
                method, f"{self._url}{path}", content=body, headers=headers, auth=self._auth
            )

        return json_of(self._answer(send, repeatable=repeatable, caller=self._auth))

    def _answer(
        self,
        send: Callable[[], httpx.Response],
        *,
        repeatable: bool,
        caller: object,
        accept: tuple[int, ...] = (),
    ) -> httpx.Response:
        try:
            response = send_with_retries(send, repeatable=repeatable, sleep=self._sleep)
        except httpx.TransportError as error:
            raise no_answer(error) from None
        if response.is_success or response.status_code in accept:
            return response
        raise error_of(response, caller=str(caller))
