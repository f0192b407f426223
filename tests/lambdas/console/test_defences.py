"""Who may ask a console: pages of its own, with its key; and what they may ask for."""

import http.client

import httpx
import pytest
from console_page import raw, status_of

from taskmill.console.serving import Place
from taskmill.testing import InProcessCloud

TASKS = "/v1/tenants/acme/tasks"


@pytest.fixture
def with_key(place: Place) -> dict[str, str]:
    return {"Host": place.url.removeprefix("http://"), "x-taskmill-key": place.key}


def test_its_own_page_reads_and_submits(page: httpx.Client, cloud: InProcessCloud) -> None:
    assert page.get("/").text.startswith("<!doctype html>")
    submitted = page.post(TASKS, json={"taskType": "client-greet", "input": "you"})
    assert submitted.status_code == 202
    cloud.run()
    assert [each["type"] for each in page.get(TASKS).json()["items"]] == ["client-greet"]


@pytest.mark.parametrize("path", ["/", "/app/main.js", "/console.json", TASKS])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1", "127.0.0.1.nip.io:{port}"],
)
def test_a_name_that_was_rebound_to_this_machine_is_no_way_in(
    place: Place, with_key: dict[str, str], path: str, host: str
) -> None:
    port = place.url.rpartition(":")[2]
    headers = {**with_key, "Host": host.format(port=port)}
    assert status_of(place, raw("GET", path, headers)) == 403


def test_both_names_of_this_machine_are_a_way_in(place: Place, with_key: dict[str, str]) -> None:
    port = place.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost"):
        headers = {**with_key, "Host": f"{host}:{port}"}
        assert status_of(place, raw("GET", "/", headers)) == 200
        assert status_of(place, raw("GET", TASKS, headers)) == 200


def test_a_request_without_a_host_or_with_two_is_none(
    place: Place, with_key: dict[str, str]
) -> None:
    host = with_key.pop("Host")
    for version in ("1.0", "1.1"):
        assert status_of(place, raw("GET", "/", with_key, version=version)) in (400, 403)
        for second in (host, "evil.example"):
            twice = f"GET / HTTP/{version}\r\nHost: {host}\r\nHost: {second}\r\n\r\n"
            assert status_of(place, twice) in (400, 403)


@pytest.mark.parametrize("path", ["/", "/app/main.js", "/console.json", TASKS])
@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "anything"},
    ],
    ids=str,
)
def test_another_page_gets_nothing_even_with_the_key(
    place: Place, page: httpx.Client, path: str, sent: dict[str, str]
) -> None:
    assert page.get(path).status_code == 200
    assert httpx.get(place.url + path, headers={**page.headers, **sent}).status_code == 403


@pytest.mark.parametrize("path", ["/console.json", TASKS, "/payload?url=x", "/logs?key=x"])
def test_another_user_of_the_machine_gets_nothing_without_the_key(place: Place, path: str) -> None:
    for key in (None, "", "made-up", place.key[:-1], place.key + "x", place.key.upper()):
        headers = {} if key is None else {"x-taskmill-key": key}
        answer = httpx.get(place.url + path, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_key")
    twice = [("x-taskmill-key", place.key), ("x-taskmill-key", "made-up")]
    assert httpx.get(place.url + path, headers=twice).status_code == 403
    assert httpx.get(f"{place.url}{path.partition('?')[0]}?k={place.key}").status_code == 403
    assert httpx.get(place.url + path, cookies={"x-taskmill-key": place.key}).status_code == 403


def test_every_console_has_a_key_of_its_own_that_no_answer_tells(
    place: Place, page: httpx.Client
) -> None:
    assert len(place.key) == 32
    answers = [page.get(path) for path in ("/", "/app/main.js", "/console.json", TASKS, "/none")]
    assert all(place.key not in each.text + str(each.headers) for each in answers)


def test_a_preflight_of_another_page_is_not_granted(place: Place) -> None:
    asked = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-taskmill-key",
    }
    for path in ("/", TASKS):
        answer = httpx.options(place.url + path, headers=asked)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/",
        "/v1/tenants/acme",
        "/v1/tenants/acme/nothing",
        "/v1/tenants/acme/tasks/",
        "/v1/tenants/acme/tasks/a/b/c/d",
        "/v1/../openapi.json",
        "/v1/./tenants/acme/tasks",
        "/v1/tenants/acme/../other/tasks",
        "/v1/tenants/acme/tasks/..",
        "/v1/tenants/acme/tasks/%2e%2e/x",
        "/v1/tenants/acme%2f..%2fother/tasks",
        "/v1/tenants/acme%2Ftasks",
        "/v1/tenants/acme%252Ftasks",
        "/v1/tenants/acme%00/tasks",
        "/v1/tenants/acme%0d%0aX-Evil:1/tasks",
        "/v1/tenants/acme;x=1/tasks",
        "/v1/tenants/acme\\..\\other/tasks",
        "/v1/tenants//tasks",
        "//v1/tenants/acme/tasks",
        "//evil.example/v1/tenants/acme/tasks",
        "/v1//tenants/acme/tasks",
        "/V1/tenants/acme/tasks",
        "/v1/tenants/.acme/tasks",
        "http://evil.example/v1/tenants/acme/tasks",
        "https://127.0.0.1/v1/tenants/acme/tasks",
        "v1/tenants/acme/tasks",
        "*",
        "/openapi.json",
        "/health",
    ],
)
def test_only_documented_paths_written_plainly_reach_the_api(
    place: Place, cloud: InProcessCloud, with_key: dict[str, str], path: str
) -> None:
    before = cloud.meter.calls.total()
    for version in ("1.0", "1.1"):
        assert status_of(place, raw("GET", path, with_key, version=version)) in (400, 404)
    assert cloud.meter.calls.total() == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "LOCK"])
def test_only_documented_methods_reach_the_api(page: httpx.Client, method: str) -> None:
    assert page.request(method, TASKS).status_code in (400, 405)
    assert page.request(method, "/console.json").status_code in (400, 405)


def test_a_line_break_in_a_query_or_a_header_is_no_second_header(
    place: Place, with_key: dict[str, str]
) -> None:
    for target in (f"{TASKS}?type=a\r\nX-Evil: 1", f"{TASKS}?type=a\nX-Evil: 1"):
        assert status_of(place, raw("GET", target, with_key)) in (0, 400)
    assert status_of(place, raw("GET", TASKS, {**with_key, "x-request-id": "a\x00b"})) in (0, 400)
    quoted = raw("GET", f"{TASKS}?codePrefix=a%0d%0aX-Evil:%201", with_key)
    assert status_of(place, quoted) in (200, 400, 422)  # the API sees one parameter


def test_a_second_request_hidden_in_a_body_is_not_seen(
    place: Place, cloud: InProcessCloud, with_key: dict[str, str]
) -> None:
    hidden, before = raw("POST", TASKS, with_key), cloud.table.items()
    both = {**with_key, "Content-Length": "5", "Transfer-Encoding": "chunked"}
    assert status_of(place, raw("POST", TASKS, both) + "0\r\n\r\n" + hidden) == 400
    for twice in (
        {**with_key, "Content-Length": "0", "content-length": str(len(hidden))},
        {**with_key, "Transfer-Encoding": "gzip, chunked"},
        {**with_key, "Content-Length": "-1"},
        {**with_key, "Content-Length": "0x5"},
    ):
        assert status_of(place, raw("POST", TASKS, twice) + hidden) in (400, 501)
    assert cloud.table.items() == before


def test_a_body_larger_than_the_api_takes_is_refused_before_it_is_sent(page: httpx.Client) -> None:
    answer = page.post(TASKS, content=b'"' + b"x" * 7_000_000 + b'"')
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "path", ["/secret.py", "/app", "/app/", "/app/../secret.py", "/..", "/none.js", "/.git/config"]
)
def test_only_files_of_the_page_are_served(
    place: Place, with_key: dict[str, str], path: str
) -> None:
    assert status_of(place, raw("GET", path, with_key)) in (400, 404)


def test_files_can_only_be_read(page: httpx.Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert page.request(method, "/app/main.js").status_code == 405


@pytest.mark.parametrize("path", ["/", "/app/main.js", "/console.json", TASKS, "/none", "/v1/%2e"])
@pytest.mark.parametrize("sent", [{}, {"Origin": "https://evil.example"}, {"x-taskmill-key": "no"}])
def test_every_answer_tells_the_browser_what_it_may_not_do_with_it(
    place: Place, page: httpx.Client, path: str, sent: dict[str, str]
) -> None:
    headers = httpx.get(place.url + path, headers={**page.headers, **sent}).headers

    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert "server" not in headers


def test_data_are_never_stored_by_the_browser(page: httpx.Client) -> None:
    for path in ("/console.json", TASKS, "/v1/tenants/acme/none"):
        assert page.get(path).headers["cache-control"] == "no-store"


def test_it_listens_on_this_machine_only(place: Place) -> None:
    assert place.url.startswith("http://127.0.0.1:")
    other = http.client.HTTPConnection("127.0.0.2", int(place.url.rpartition(":")[2]), timeout=2)
    with pytest.raises(OSError):  # noqa: PT011  # refused, or timed out
        other.connect()
