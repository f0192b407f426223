"""What a console forwards to the API, with which credentials, and what the page gets back."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import botocore.session
import httpx
import pytest
from botocore.exceptions import UnauthorizedSSOTokenError
from stub_api import StubApi, stub_api

from taskmill.client.auth import SignedByAws, Token
from taskmill.client.errors import NotConfigured
from taskmill.console.serving import serve
from taskmill.console.upstream import Upstream

TASKS = "/v1/tenants/acme/tasks"
JSON = {"content-type": "application/json"}
Pages = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture
def api() -> Iterator[StubApi]:
    with stub_api() as api:
        yield api


@pytest.fixture
def open_page(api: StubApi, static: Path) -> Pages:
    """Opens the page of a console in front of the stub."""

    @contextmanager
    def opened(
        make_auth: Callable[[], Any] = lambda: None, url: str = api.url, **options: Any
    ) -> Iterator[httpx.Client]:
        with serve(Upstream(url, make_auth), static=static, **options) as place:
            headers = {"x-taskmill-key": place.key, "origin": place.url}
            with httpx.Client(base_url=place.url, headers=headers) as page:
                yield page

    return opened


@pytest.fixture
def page(open_page: Pages) -> Iterator[httpx.Client]:
    with open_page() as page:
        yield page


def error_of(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["by"] == "console"
    return answer.status_code, error["code"]


def test_of_what_the_browser_sends_the_api_sees_method_path_query_body_and_three_headers(
    api: StubApi, page: httpx.Client
) -> None:
    page.post(
        f"{TASKS}?a=b+c%20d&e=&f=%C3%A4%2F",
        content=b'{"taskType":"x"}',
        headers={
            **JSON,
            "x-request-id": "r-1",
            "cookie": "session=1",
            "authorization": "Bearer of-another",
            "x-forwarded-for": "10.0.0.1",
            "forwarded": "for=10.0.0.1",
            "accept-language": "de",
            "referer": "http://localhost/secret",
            "x-amz-security-token": "made-up",
            "te": "trailers",
        },
    )
    page.get(TASKS, headers={"if-none-match": '"v1"'})

    posted, read = api.seen
    assert (posted.method, posted.target) == ("POST", f"{TASKS}?a=b%20c%20d&e=&f=%C3%A4%2F")
    assert posted.body == b'{"taskType":"x"}'
    assert posted.header("content-type") == JSON["content-type"]
    assert posted.header("x-request-id") == "r-1"
    assert posted.header("host") == api.url.removeprefix("http://")
    assert {name.lower() for name, _ in posted.headers} <= {
        *("host", "accept", "accept-encoding", "connection", "user-agent", "content-length"),
        *("content-type", "x-request-id"),
    }
    assert (read.method, read.header("if-none-match"), read.body) == ("GET", '"v1"', b"")
    assert read.header("content-type") is None


def test_the_api_s_answer_comes_back_with_its_tag_and_its_cost(
    api: StubApi, page: httpx.Client
) -> None:
    told = {"etag": '"v2"', "x-taskmill-read-units": "12.5", "retry-after": "3"}
    api.answers = [
        (
            200,
            {**JSON, **told, "set-cookie": "a=1", "access-control-allow-origin": "*"},
            b'{"a":1}',
        ),
        (304, {"etag": '"v2"', "x-taskmill-read-units": "0.5"}, b""),
        (409, JSON, b'{"error":{"code":"conflict","message":"it has ended"}}'),
        (403, JSON, b'{"message":"Forbidden"}'),
    ]
    answer = page.get(TASKS)
    assert (answer.status_code, answer.json()) == (200, {"a": 1})
    assert {name: answer.headers[name] for name in told} == told
    assert not {"set-cookie", "access-control-allow-origin"} & set(answer.headers)
    unchanged = page.get(TASKS, headers={"if-none-match": '"v2"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["x-taskmill-read-units"] == "0.5"
    assert page.post(f"{TASKS}/a/b/cancel").json()["error"]["message"] == "it has ended"
    assert (page.get(TASKS).status_code, page.get(TASKS).json()) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(api: StubApi, page: httpx.Client, status: int) -> None:
    with stub_api() as elsewhere:
        api.answers = [(status, {"location": f"{elsewhere.url}/v1/x"}, b"")]
        answer = page.get(TASKS)
        assert error_of(answer) == (502, "not_the_api")
        assert "location" not in answer.headers
        assert elsewhere.seen == []


def test_what_is_not_json_is_not_shown(api: StubApi, page: httpx.Client) -> None:
    api.answers = [(200, {"content-type": "text/html"}, b"<script>alert(1)</script>")]
    assert error_of(page.get(TASKS)) == (502, "not_the_api")


def test_an_api_that_is_down_is_told_in_a_sentence(open_page: Pages) -> None:
    with open_page(url="http://127.0.0.1:9") as page:
        answer = page.get(TASKS)
        assert error_of(answer) == (502, "unreachable")
        assert "no answer from http://127.0.0.1:9" in answer.json()["error"]["message"]


def test_requests_are_signed_by_the_caller_s_own_credentials(
    api: StubApi, open_page: Pages
) -> None:
    session = botocore.session.Session()
    session.set_credentials("AKIAEXAMPLE", "secret", "session-token")
    with open_page(lambda: SignedByAws(session, "eu-west-1")) as page:
        assert page.get(f"{TASKS}?status=FAILED").status_code == 200
    signed = api.seen[0].header("authorization") or ""
    assert signed.startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    assert "/eu-west-1/execute-api/aws4_request" in signed
    assert api.seen[0].header("x-amz-security-token") == "session-token"

    with open_page(lambda: Token("t-1")) as page:
        page.get(TASKS)
    assert api.seen[1].header("authorization") == "Bearer t-1"


def test_an_expired_login_is_told_and_read_anew_without_a_restart(
    api: StubApi, open_page: Pages
) -> None:
    logged_in: list[bool] = []

    class Session:
        """As botocore's, whose login has expired; a new one reads what is there then."""

        def get_credentials(self) -> Any:
            if not logged_in:
                raise UnauthorizedSSOTokenError
            session = botocore.session.Session()
            session.set_credentials("AKIANEW", "secret")
            return session.get_credentials()

    with open_page(lambda: SignedByAws(Session(), "eu-west-1")) as page:
        answer = page.get(TASKS)
        assert error_of(answer) == (401, "credentials_expired")
        assert "expired" in answer.json()["error"]["message"]
        assert api.seen == []
        logged_in.append(True)
        assert page.get(TASKS).status_code == 200
    assert "AKIANEW" in (api.seen[0].header("authorization") or "")


def test_credentials_that_the_gateway_calls_expired_are_read_anew_once(
    api: StubApi, open_page: Pages
) -> None:
    expired = b'{"message":"The security token included in the request is expired"}'
    keys = iter(["first", "second", "third"])
    api.answers = [(403, JSON, expired), (200, JSON, b"{}"), (401, JSON, expired)]
    with open_page(lambda: Token(next(keys))) as page:
        assert page.get(TASKS).status_code == 200
        assert error_of(page.get(TASKS)) == (401, "credentials_expired")
    assert [each.header("authorization") for each in api.seen] == [
        *("Bearer first", "Bearer second", "Bearer second", "Bearer third"),
    ]


def test_missing_credentials_are_told_apart(open_page: Pages) -> None:
    def none() -> Any:
        raise NotConfigured("no AWS credentials found: log in")

    with open_page(none) as page:
        assert error_of(page.get(TASKS)) == (401, "credentials_missing")


def test_read_only_forwards_reads_and_nothing_else_whatever_the_page_asks(
    api: StubApi, open_page: Pages
) -> None:
    with open_page(read_only=True) as page:
        assert page.get("/console.json").json()["readOnly"] is True
        assert page.get(TASKS).status_code == 200
        for method, path in (
            ("POST", TASKS),
            ("POST", "/v1/tenants/acme/step-function-tasks"),
            ("POST", "/v1/tenants/acme/uploads"),
            ("PATCH", f"{TASKS}/a/b"),
            ("POST", f"{TASKS}/a/b/cancel"),
            ("POST", f"{TASKS}/a/b/retry"),
            ("PUT", "/v1/tenants/acme/schedules/s"),
            ("DELETE", "/v1/tenants/acme/schedules/s"),
            ("POST", "/v1/tenants/acme/schedules/s/pause"),
            ("PUT", "/v1/tenants/acme/callbacks/s"),
        ):
            tricks = {"x-http-method-override": "POST", "x-method-override": "POST"}
            assert error_of(page.request(method, path, json={})) == (403, "read_only")
            assert page.get(TASKS, headers=tricks).status_code == 200
    assert {each.method for each in api.seen} == {"GET"}
    assert not [name for each in api.seen for name, _ in each.headers if "override" in name.lower()]


def test_a_large_result_is_fetched_from_where_the_api_said_it_is(
    api: StubApi, page: httpx.Client
) -> None:
    large = json.dumps({"rows": ["x" * 1_000] * 3_000}).encode()
    with stub_api() as bucket:
        address = f"{bucket.url}/key?X-Amz-Signature=abc%2F1"
        api.answers = [(200, JSON, json.dumps({"resultUrl": address, "result": None}).encode())]
        bucket.answers = [(200, {"content-type": "binary/octet-stream", "etag": '"e"'}, large)]

        unknown = page.get("/payload", params={"url": address})
        assert error_of(unknown) == (403, "unknown_payload")
        page.get(TASKS, headers=JSON)  # a list may name anything
        assert page.get("/payload", params={"url": address}).status_code == 403
        assert page.get(f"{TASKS}/a/b/result").json()["resultUrl"] == address
        found = page.get("/payload", params={"url": address}, headers={"range": "bytes=0-65535"})
        for other in (f"{address}&x=1", f"{bucket.url}/other", api.url, "file:///etc/passwd", ""):
            assert page.get("/payload", params={"url": other}).status_code == 403

        assert (found.content, found.headers["content-type"]) == (large, "application/json")
        assert found.headers["cache-control"] == "no-store"
        [seen] = bucket.seen
        assert seen.target == "/key?X-Amz-Signature=abc%2F1"
        assert (seen.header("range"), seen.header("authorization")) == ("bytes=0-65535", None)
        assert seen.header("x-taskmill-key") is None

        bucket.answers = [(302, {"location": api.url}, b"")]
        before = len(api.seen)
        assert error_of(page.get("/payload", params={"url": address})) == (410, "payload_expired")
        assert len(api.seen) == before


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/x",
        "https://amazonaws.com.evil.example/x",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
    ],
)
def test_nothing_but_a_bucket_is_read_even_if_the_api_names_it(
    api: StubApi, page: httpx.Client, address: str
) -> None:
    api.answers = [(200, JSON, json.dumps({"resultUrl": address}).encode())]
    page.get(f"{TASKS}/a/b/result")
    assert error_of(page.get("/payload", params={"url": address})) == (403, "unknown_payload")


def test_logs_are_those_that_the_command_reads(open_page: Pages) -> None:
    def read(key: str) -> list[dict[str, Any]]:
        if key != "invoice#1":
            raise NotConfigured("which stack? Give --stack")
        return [{"at": "2026-01-05T06:00:00Z", "message": f"line {each}"} for each in range(2_500)]

    with open_page(read_logs=read) as page:
        assert page.get("/console.json").json()["logs"] is True
        found = page.get("/logs", params={"key": "invoice#1"}).json()
        assert (len(found["lines"]), found["truncated"]) == (2_000, True)
        assert found["lines"][-1]["message"] == "line 2499"
        assert error_of(page.get("/logs", params={"key": "x"})) == (400, "not_configured")
    with open_page() as page:
        assert page.get("/console.json").json()["logs"] is False
        assert error_of(page.get("/logs", params={"key": "x"})) == (404, "no_logs")


def test_console_json_says_what_the_page_must_know(open_page: Pages, api: StubApi) -> None:
    with open_page(tenant="mbc", environment="prod") as page:
        assert page.get("/console.json").json() | {"version": None} == {
            "profile": None,
            "tenant": "mbc",
            "url": api.url,
            "environment": "prod",
            "readOnly": False,
            "demo": False,
            "logs": False,
            "version": None,
        }


def test_only_the_gateway_can_call_credentials_expired(api: StubApi, page: httpx.Client) -> None:
    told = "none of your token's roles may reveal secrets: input of expired-cards 01 of tenant acme"
    refused = {"error": {"code": "forbidden", "message": told}}
    api.answers = [(403, JSON, json.dumps(refused).encode())]
    answer = page.get(f"{TASKS}/expired-cards/01/input/revealed")
    assert (answer.status_code, answer.json()) == (403, refused)
    assert len(api.seen) == 1  # it is not asked again


@pytest.mark.parametrize(
    "address", ["http://[::1/x", "http://127.0.0.1:99999/x", "http://localhost:x/y", "http://"]
)
def test_an_address_that_nobody_could_open_is_none(
    api: StubApi, page: httpx.Client, address: str
) -> None:
    api.answers = [(200, JSON, json.dumps({"resultUrl": address}).encode())]
    assert page.get(f"{TASKS}/a/b/result").json() == {"resultUrl": address}
    assert error_of(page.get("/payload", params={"url": address})) == (403, "unknown_payload")


def test_a_bucket_that_does_not_answer_is_told_in_a_sentence(
    api: StubApi, page: httpx.Client
) -> None:
    address = "http://127.0.0.1:9/key"
    api.answers = [(200, JSON, json.dumps({"resultUrl": address}).encode())]
    page.get(f"{TASKS}/a/b/result")
    assert error_of(page.get("/payload", params={"url": address})) == (502, "unreachable")


def test_json_of_the_api_that_is_none_is_passed_on_for_the_page_to_say_so(
    api: StubApi, page: httpx.Client
) -> None:
    api.answers = [(200, JSON, b'{"resultUrl": cut')]
    assert page.get(f"{TASKS}/a/b/result").text == '{"resultUrl": cut'


def test_an_error_of_the_console_itself_is_an_answer_like_others(
    open_page: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(key: str) -> Any:
        raise RuntimeError("s3cret")

    with open_page(read_logs=broken) as page:
        answer = page.get("/logs?key=x")
    assert error_of(answer) == (500, "internal")
    assert "s3cret" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "s3cret" in caplog.text  # whoever started it can see why


def test_clients_that_send_nothing_keep_nobody_waiting(open_page: Pages) -> None:
    with open_page() as page, ExitStack() as clients:
        host, port = page.base_url.host, page.base_url.port or 0
        head = f"POST {TASKS} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 9\r\n"
        key = f"x-taskmill-key: {page.headers['x-taskmill-key']}\r\n\r\n"
        for begun in ("", head, head + key) * 30:
            client = clients.enter_context(socket.create_connection((host, port), timeout=5))
            client.sendall(begun.encode())
        assert page.get(TASKS, timeout=5).status_code == 200
