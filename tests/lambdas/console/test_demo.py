"""The demo of the console: a shop with a past, the same for everybody."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from taskmill.console.demo import shop_tasks
from taskmill.console.demo.shop import FROZEN_AT, TENANT, ShopCloud, demo_cloud, demo_console
from taskmill.console.serving import serve
from taskmill.testing.http import InProcessApi


@pytest.fixture(scope="module")
def shop() -> Iterator[ShopCloud]:
    with demo_cloud(frozen=True, past_hours=8) as cloud:
        yield cloud


def rows_of(shop: ShopCloud) -> list[dict[str, Any]]:
    return [item for item in shop.table.items() if item.get("row", {}).get("S") == "TASK"]


def test_it_has_what_a_console_can_show(shop: ShopCloud) -> None:
    types, statuses = Counter[str](), Counter[str]()
    for row in rows_of(shop):
        types[row["sk"]["S"].partition("#")[0]] += 1
        statuses[row["status"]["S"]] += 1
    assert len(types) >= 6
    assert {"COMPLETED", "FAILED", "SCHEDULED"} <= set(statuses)
    assert statuses["COMPLETED"] > 50

    api = InProcessApi()
    [*_, running] = [
        fan_out
        for fan_out in api.get(f"/v1/tenants/{TENANT}/step-function-tasks").body["items"]
        if fan_out["status"] == "PROCESSING"
    ]
    counts = running["attributes"]["counts"]
    assert counts["total"] == 3_000
    assert 0 < counts["completed"] < 3_000
    schedules = api.get(f"/v1/tenants/{TENANT}/schedules").body["items"]
    assert {each["paused"] for each in schedules} == {True, False}


def test_its_failures_have_few_causes(shop: ShopCloud) -> None:
    failed = InProcessApi().get(f"/v1/tenants/{TENANT}/failures", limit=100).body["items"]
    causes = Counter(each["errorText"].partition(":")[0] for each in failed)
    assert {"KeyError", "ConnectionError"} <= set(causes)
    assert len(causes) <= 6 < len(failed)


def test_its_time_stands_still_and_its_secrets_are_masked(shop: ShopCloud) -> None:
    assert shop.now == FROZEN_AT.timestamp() * 1000
    listed = InProcessApi().get(f"/v1/tenants/{TENANT}/tasks", type="charge-card", limit=50)
    assert "4111" not in str(listed.body)
    assert "DE02120300000000202051" not in str(listed.body)


def test_a_task_has_log_lines(shop: ShopCloud) -> None:
    task = InProcessApi().get(f"/v1/tenants/{TENANT}/tasks", type="invoice").body["items"][0]
    lines = shop.logs.read(f"{task['pk']}/{task['sk']}")
    assert "works" in [line["message"] for line in lines]


def test_the_same_seed_gives_the_same_shop(shop: ShopCloud) -> None:
    def seen(cloud: ShopCloud) -> list[Any]:
        return sorted((row["sk"]["S"], row["status"]["S"]) for row in rows_of(cloud))

    before = seen(shop)
    with demo_cloud(frozen=True, past_hours=8) as again:
        assert seen(again) == before
    with demo_cloud(frozen=True, past_hours=0.5, seed=1) as other:
        assert seen(other) != before
    shop_tasks.sleep_with(shop.sleep)


def test_what_a_visitor_submits_runs_in_real_time() -> None:
    with (
        demo_cloud(past_hours=0.1) as cloud,
        serve(demo_console(cloud)) as place,
        httpx.Client(base_url=place.url, headers={"x-taskmill-key": place.key}, timeout=30) as page,
    ):
        assert page.get("/console.json").json()["demo"] is True
        path = f"/v1/tenants/{TENANT}/tasks"
        task = page.post(path, json={"taskType": "send-mail", "input": "you@example.com"}).json()
        ends = time.monotonic() + 60
        while task["status"] != "COMPLETED" and time.monotonic() < ends:
            time.sleep(0.2)
            task = page.get(f"{path}/send-mail/{task['code']}").json()
        assert task["status"] == "COMPLETED"
        lines = page.get("/logs", params={"key": f"{task['pk']}/{task['sk']}"}).json()["lines"]
        assert "sends" in [line["message"] for line in lines]
