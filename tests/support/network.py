"""What the client reaches over HTTP: the API of an in-process cloud, and its bucket."""

from dataclasses import dataclass, field

import httpx

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi, handler

URL = "https://abc123.execute-api.eu-west-1.amazonaws.com"
UNANSWERED = "the request arrives, its answer is lost"


@dataclass
class Network(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport into an in-process cloud, with whatever goes wrong on the way.

    Attributes:
        requests: All that were sent.
        faults: What becomes of the next requests: None (they go through), an answer that
            another gives in its place, an exception that is raised, or `UNANSWERED`.
        idle: The cloud does nothing; else it does all its work after each request.
    """

    cloud: InProcessCloud
    requests: list[httpx.Request] = field(default_factory=list)
    faults: list[httpx.Response | BaseException | str | None] = field(default_factory=list)
    idle: bool = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, BaseException):
            raise fault
        if isinstance(fault, httpx.Response):  # a copy: a response is of one kind of client
            return httpx.Response(fault.status_code, headers=fault.headers, content=fault.content)
        answer = self._s3(request) if request.url.scheme == "memory" else self._api(request)
        if fault == UNANSWERED:
            raise httpx.ReadTimeout(UNANSWERED, request=request)
        if not self.idle:
            self.cloud.run()
        return answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.handle_request(request)

    def _api(self, request: httpx.Request) -> httpx.Response:
        """As API Gateway: who does not sign gets no further."""
        if "authorization" not in request.headers:
            return httpx.Response(403, json={"message": "Forbidden"})
        event = InProcessApi().event(
            request.method,
            request.url.raw_path.decode().partition("?")[0],
            request.content.decode() or None,
            request.url.query.decode(),
            dict(request.headers),
        )
        answer = self.cloud.invoke(handler, event)
        return httpx.Response(
            answer["statusCode"], headers=answer["headers"], content=answer["body"]
        )

    def _s3(self, request: httpx.Request) -> httpx.Response:
        """As S3: a presigned address takes no other credentials, and an object is written once."""
        if "authorization" in request.headers:
            return httpx.Response(400)
        objects, key = self.cloud.bucket.objects, request.url.path.lstrip("/")
        if request.method == "GET":
            return httpx.Response(200 if key in objects else 404, content=objects.get(key, b""))
        signed = request.url.params
        if request.headers.get("x-amz-tagging", "") != signed.get("Tagging", ""):
            return httpx.Response(403, text="SignatureDoesNotMatch")
        if request.headers["content-length"] != signed.get("ContentLength", len(request.content)):
            return httpx.Response(403, text="SignatureDoesNotMatch")
        if request.headers["if-none-match"] == "*" and key in objects:
            return httpx.Response(412)
        self.cloud.bucket.put_object(
            Key=key, Body=request.content, Tagging=request.headers["x-amz-tagging"]
        )
        return httpx.Response(200)
