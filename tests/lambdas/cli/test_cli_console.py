"""`taskmill console` and `taskmill open`, as processes, in front of an API on this machine."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from console_process import console_process
from stub_api import StubApi, stub_api
from typer.testing import Result

from taskmill.cli.console import command
from taskmill.model.keys import Kind, TaskKey

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture
def api() -> Iterator[StubApi]:
    with stub_api() as api:
        yield api


def test_it_is_ready_within_two_seconds_and_signs_for_whoever_started_it(
    tmp_path: Path, api: StubApi
) -> None:
    with console_process(
        tmp_path, "--print", TASKMILL_URL=api.url, AWS_REGION="eu-west-1", **KEYS
    ) as console:
        assert console.cpu_seconds < 2.0
        url, _, key = console.line.partition("/#k=")
        assert url.startswith("http://127.0.0.1:")
        answer = httpx.get(
            f"{url}/v1/tenants/default/tasks", headers={"x-taskmill-key": key}, timeout=20
        )
        assert answer.json() == {"ok": True}
        about = httpx.get(f"{url}/console.json", headers={"x-taskmill-key": key}).json()
        assert (about["url"], about["tenant"], about["readOnly"]) == (api.url, "default", False)
        assert console.stop() == (0, "")
    assert "Credential=AKIAEXAMPLE/" in (api.seen[0].header("authorization") or "")


def test_options_tenant_profile_port_and_read_only(tmp_path: Path, api: StubApi) -> None:
    settings = tmp_path / "config" / "taskmill" / "profiles.json"
    settings.parent.mkdir(parents=True)
    profile = {"url": api.url, "tenant": "mbc", "region": "eu-west-1"}
    settings.write_text(json.dumps({"current": "prod", "profiles": {"prod": profile}}))
    with console_process(
        tmp_path, "--print", "--read-only", "--json", "--port", "4655", TASKMILL_TOKEN="t-1"
    ) as console:
        url, _, key = json.loads(console.line)["address"].partition("/#k=")
        assert url == "http://127.0.0.1:4655"
        with httpx.Client(base_url=url, headers={"x-taskmill-key": key}, timeout=20) as page:
            about = page.get("/console.json").json()
            assert (about["profile"], about["tenant"], about["readOnly"]) == ("prod", "mbc", True)
            assert page.get("/v1/tenants/mbc/tasks").status_code == 200
            assert page.post("/v1/tenants/mbc/tasks", json={}).status_code == 403
        with console_process(tmp_path, "--port", "4655", TASKMILL_TOKEN="t-1") as second:
            assert second.line.startswith("taskmill: port 4655 is in use")
            assert "taskmill console --port 4656" in second.line
            assert second.process.wait(30) == 4
        with console_process(tmp_path, "--demo", "--port", "4655") as demo:
            assert "taskmill console --demo --port 4656" in demo.line
    assert [each.header("authorization") for each in api.seen] == ["Bearer t-1"]


def test_a_browser_is_opened_unless_it_is_told_only_to_print(tmp_path: Path, api: StubApi) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    settings = {"TASKMILL_URL": api.url, "TASKMILL_TOKEN": "t-1", "BROWSER": f"{browser} %s"}
    with console_process(tmp_path, **settings) as console:
        assert "/#k=" in console.line
        opened, ends = tmp_path / "opened", time.monotonic() + 20
        while not (opened.exists() and opened.read_text()) and time.monotonic() < ends:
            time.sleep(0.05)
        assert opened.read_text().strip() == console.line
        code, rest = console.stop()
        assert (code, rest) == (0, "Ctrl-C stops it\n")
        opened.unlink()
    with console_process(tmp_path, "--print", **settings) as console:
        console.stop()
    assert not opened.exists()


def test_open_shows_the_page_of_a_task(tmp_path: Path, api: StubApi) -> None:
    task = {
        "pk": "TASK#mbc",
        "sk": "invoice#c-1",
        "kind": "TASK",
        "tenantCode": "mbc",
        "type": "invoice",
        "code": "c-1",
        "index": None,
        "name": "invoice",
        "status": "FAILED",
        "input": 1,
        "attributes": {},
        "createdAt": "2026-01-05T06:00:00Z",
        "updatedAt": "2026-01-05T06:00:00Z",
        "attempts": 1,
        "run": 1,
        "history": [],
    }
    api.answers = [(200, {"content-type": "application/json"}, json.dumps(task).encode())]
    settings = {"TASKMILL_URL": api.url, "TASKMILL_TOKEN": "t-1", "TASKMILL_TENANT": "mbc"}
    with console_process(
        tmp_path, "invoice", "c-1", "--print", command="open", **settings
    ) as console:
        assert console.line.endswith("/mbc/tasks/invoice/c-1")
        assert console.stop() == (0, "")


@pytest.mark.parametrize(
    ("key", "view"),
    [
        (TaskKey(Kind.TASK, "mbc", "a", "1"), "/mbc/tasks/a/1"),
        (TaskKey(Kind.SFN_TASK, "mbc", "a", "1"), "/mbc/step-function-tasks/a/1"),
        (TaskKey(Kind.SFN_TASK, "mbc", "a", "1", 7), "/mbc/step-function-tasks/a/1/subtasks/7"),
    ],
)
def test_the_page_of_a_task_has_the_path_that_the_api_has(key: TaskKey, view: str) -> None:
    assert command.view_of(key) == view


def test_what_is_missing_is_told_before_anything_is_served(run: Callable[..., Result]) -> None:
    nowhere = run("console", "--print", "--url", "https://tasks.example.com")
    assert (nowhere.exit_code, nowhere.output) == (
        2,
        "taskmill: which AWS region? Give it or set AWS_REGION\n",
    )
    missing = run("open", "double", "none", "--print")
    assert missing.exit_code == 3


def test_without_the_extra_it_says_what_to_install(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [
        each for each in sys.modules if each.startswith(("taskmill.console", "starlette"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette.responses", None)
    monkeypatch.setitem(sys.modules, "starlette", None)
    answer = run("console", "--print")
    assert answer.exit_code == 2
    assert answer.output.startswith("taskmill: starlette")
    assert "[console]" in answer.output
