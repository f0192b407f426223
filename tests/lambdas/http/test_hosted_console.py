"""The function of the hosted console: files, sign-in settings, headers, and nothing else."""

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from taskmill.handlers import hosted_console

CONSOLE = {
    "issuer": "https://issuer.example/pool",
    "clientId": "abc",
    "scopes": ["openid"],
    "token": "id",
    "origins": ["https://login.example"],
    "environment": "prod",
    "base": "",
}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    given(monkeypatch, CONSOLE)
    yield
    forget()


def given(monkeypatch: pytest.MonkeyPatch, console: dict[str, Any]) -> None:
    monkeypatch.setenv("CONSOLE", json.dumps(console))
    forget()


def forget() -> None:
    hosted_console._settings.cache_clear()
    hosted_console._policy.cache_clear()


def get(path: str, **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = hosted_console.handler({"rawPath": path, "headers": sent}, None)
    return {**answer, "body": base64.b64decode(answer["body"])}


def test_the_short_address_leads_to_the_page() -> None:
    answer = get("/console")

    assert answer["statusCode"] == 302
    assert answer["headers"]["location"] == "/console/index.html"


def test_the_page_and_its_scripts_are_served_by_their_types() -> None:
    page, script = get("/console/index.html"), get("/console/app/main.js")

    assert b'id="app"' in page["body"]
    assert page["headers"]["content-type"] == "text/html; charset=utf-8"
    assert script["headers"]["content-type"] == "text/javascript; charset=utf-8"


def test_files_are_compressed_and_not_sent_twice() -> None:
    plain = get("/console/app/main.js")
    zipped = get("/console/app/main.js", accept_encoding="gzip, br")
    again = get("/console/app/main.js", if_none_match=plain["headers"]["etag"])

    assert gzip.decompress(zipped["body"]) == plain["body"]
    assert zipped["headers"]["content-encoding"] == "gzip"
    assert (again["statusCode"], again["body"]) == (304, b"")


def test_the_page_learns_how_to_sign_in() -> None:
    answer = get("/console/console.json")
    told = json.loads(answer["body"])

    assert told["signIn"] == {
        "issuer": "https://issuer.example/pool",
        "clientId": "abc",
        "scopes": ["openid"],
        "token": "id",
    }
    assert (told["apiBase"], told["environment"]) == ("/v1", "prod")
    assert answer["headers"]["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/console/index.html", "/console/console.json", "/console/none"])
def test_every_answer_has_the_defences(path: str) -> None:
    headers = get(path)["headers"]

    rules = headers["content-security-policy"].split(";")
    policy = dict(each.strip().split(" ", 1) for each in rules)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self' https://issuer.example https://login.example"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/console/../handlers/api.py",
        "/console/%2e%2e/index.py",
        "/console//etc/passwd",
        "/console/static/index.html",
        "/console/app",
        "/console/app/",
        "/elsewhere",
        "",
    ],
)
def test_no_other_path_is_answered(path: str) -> None:
    assert get(path)["statusCode"] == 404


def test_a_custom_domain_may_have_it_below_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, {**CONSOLE, "base": "/jobs"})

    assert get("/jobs/console")["headers"]["location"] == "/jobs/console/index.html"
    assert json.loads(get("/jobs/console/console.json")["body"])["apiBase"] == "/jobs/v1"
    assert get("/jobs/console/index.html")["statusCode"] == 200
