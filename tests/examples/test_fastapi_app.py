"""The FastAPI example over an in-process cloud: what a browser sees, and what the logs have."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import examples.fastapi_app
import pytest
from examples.fastapi_app.web import create_app
from fastapi.testclient import TestClient

from taskmill.client import AsyncTaskClient
from taskmill.functions.hooks.middleware import MIDDLEWARE
from taskmill.testing import InProcessCloud
from taskmill.testing.over_http.transport import InProcessTransport

ROWS = [{"item": f"item {number}", "cents": number} for number in range(40)]
ACME = {"X-Tenant": "acme"}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessCloud]:
    folder = Path(str(examples.fastapi_app.__file__)).parent / "tasks"
    monkeypatch.syspath_prepend(str(folder))
    with InProcessCloud(modules=["import_tasks"]) as cloud:
        yield cloud
    MIDDLEWARE.clear()


@pytest.fixture
def browser(cloud: InProcessCloud) -> Iterator[TestClient]:
    """A browser; while it waits, the cloud does one thing after the other."""

    async def step(seconds: float) -> bool:
        return await asyncio.to_thread(lambda: cloud.step() or cloud.wait(seconds))

    def connect() -> AsyncTaskClient:
        transport = InProcessTransport(cloud)
        return AsyncTaskClient(
            "http://in-process", tenant="nobody", token="-", transport=transport, sleep=step
        )

    app = create_app(connect)
    with TestClient(app, headers=ACME) as browser:
        yield browser


def sent_events(browser: TestClient, path: str) -> list[tuple[str, Any]]:
    """The events of a stream, read to its end."""
    answer = browser.get(path)
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = []
    for event in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in event.splitlines() if ": " in line)
        if "event" in lines:
            told.append((lines["event"], json.loads(lines["data"])))
    return told


def test_an_import_is_followed_until_its_result(browser: TestClient) -> None:
    started = browser.post("/imports", json=ROWS)
    assert started.status_code == 202
    assert started.json()["status"] == "QUEUED"

    told = sent_events(browser, f"/imports/{started.json()['id']}/events")

    waiting = [data for name, data in told if name == "progress" and data["status"] == "WAITING"]
    assert waiting
    assert {each["total"] for each in waiting} == {40}
    assert waiting[0]["completed"] < waiting[-1]["completed"] == 40
    assert told[-1] == ("completed", {"rows": 40, "cents": sum(range(40))})


def test_a_failed_import_says_why(browser: TestClient) -> None:
    id_ = browser.post("/imports", json=[{"item": "tea", "cents": -1}]).json()["id"]

    name, data = sent_events(browser, f"/imports/{id_}/events")[-1]

    assert name == "failed"
    assert "1 of 1 subtasks failed" in data


def test_an_import_can_be_stopped(browser: TestClient) -> None:
    id_ = browser.post("/imports", json=ROWS).json()["id"]

    assert browser.delete(f"/imports/{id_}").json()["status"] == "CANCELLED"
    assert browser.get(f"/imports/{id_}").json()["status"] == "CANCELLED"
    assert browser.delete(f"/imports/{id_}").status_code == 409


def test_a_tenant_sees_its_own_imports_only(browser: TestClient) -> None:
    id_ = browser.post("/imports", json=ROWS).json()["id"]

    assert browser.get(f"/imports/{id_}", headers={"X-Tenant": "other"}).status_code == 404
    assert browser.get(f"/imports/{id_}").status_code == 200


def test_the_id_of_a_request_is_on_all_tasks_that_it_caused(
    browser: TestClient, cloud: InProcessCloud
) -> None:
    answer = browser.post("/imports", json=ROWS, headers={"X-Request-Id": "r-4711"})
    cloud.run()

    assert answer.headers["X-Request-Id"] == "r-4711"
    (parent,) = cloud.service.list_items_by_pk(tenant_code="acme").items
    (fan_out,) = cloud.service.list_items_by_pk(tenant_code="acme", type="SFN_TASK").items
    assert parent.log_ids == fan_out.log_ids == {"web_request": "r-4711"}


def test_each_request_has_an_id_of_its_own(browser: TestClient, cloud: InProcessCloud) -> None:
    ids = {browser.post("/imports", json=[]).headers["X-Request-Id"] for _ in range(2)}

    tasks = cloud.service.list_items_by_pk(tenant_code="acme").items
    assert {(each.log_ids or {})["web_request"] for each in tasks} == ids
    assert len(ids) == 2
