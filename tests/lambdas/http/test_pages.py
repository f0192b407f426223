"""Lists page to the end, each item once, and no page is larger than an answer may be."""

import json
from typing import Any

import pytest

from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

TASKS, FAN_OUTS = "/v1/tenants/mbc/tasks", "/v1/tenants/mbc/step-function-tasks"


def pages(api: InProcessApi, path: str, **query: Any) -> list[list[dict[str, Any]]]:
    """The items of every page."""
    found, cursor = [], None
    while True:
        page = api.get(path, **query, **({"cursor": cursor} if cursor else {})).body
        found.append(page["items"])
        cursor = page["cursor"]
        if cursor is None:
            return found


def submit(api: InProcessApi, *types: str) -> list[str]:
    tasks = [{"taskType": each} for each in types]
    return [each["code"] for each in api.post(TASKS, {"tasks": tasks}).body["tasks"]]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 7, 23, 1_000])
def test_every_task_is_on_one_page(api: InProcessApi, limit: int, order: str) -> None:
    codes = submit(api, *["any"] * 23)

    found = pages(api, TASKS, limit=limit, order=order)

    assert all(len(page) <= limit for page in found)
    listed = [task["code"] for page in found for task in page]
    assert listed == sorted(codes, reverse=order == "desc")


def test_a_list_of_one_type_pages_within_it(api: InProcessApi) -> None:
    submit(api, *["a", "any", "any", "any-other", "b"] * 3)

    found = pages(api, TASKS, type="any", limit=4)

    assert [task["type"] for page in found for task in page] == ["any"] * 6


def test_a_list_of_one_status_pages_over_all_others(api: InProcessApi) -> None:
    codes = submit(api, *["any"] * 20)
    for code in codes[::5]:
        api.post(f"{TASKS}/any/{code}/cancel")

    found = pages(api, TASKS, status="CANCELLED", limit=3)

    assert sorted(task["code"] for page in found for task in page) == codes[::5]


def test_subtasks_page_by_index(api: InProcessApi, cloud: InProcessCloud) -> None:
    path = fan_out(api, cloud, elements=23)

    found = pages(api, f"{path}/subtasks", limit=5)

    assert [len(page) for page in found] == [5, 5, 5, 5, 3]
    assert [task["index"] for page in found for task in page] == list(range(23))


def test_failed_subtasks_page_over_all_others(api: InProcessApi, cloud: InProcessCloud) -> None:
    path = fan_out(api, cloud, elements=23)

    found = pages(api, f"{path}/subtasks", limit=5, status="FAILED")

    assert [len(page) for page in found] == [5, 5, 1]
    assert [task["index"] for page in found for task in page] == list(range(1, 23, 2))


def test_a_cursor_beyond_the_end_finds_nothing(api: InProcessApi, cloud: InProcessCloud) -> None:
    path = fan_out(api, cloud, elements=3)

    assert pages(api, f"{path}/subtasks", limit=5, status="FAILED") != [[]]
    assert api.get(f"{path}/subtasks", cursor="999999").body == {"items": [], "cursor": None}


def test_a_fan_out_that_is_not_split_yet_has_subtasks_too(api: InProcessApi) -> None:
    code = api.post(FAN_OUTS, {"taskType": "any", "input": [1, 2]}).body["code"]

    shown = api.get(f"{FAN_OUTS}/any/{code}/subtasks").body["items"]
    assert [(each["index"], each["status"]) for each in shown] == [(0, "CREATED"), (1, "CREATED")]


def test_children_page_by_code(api: InProcessApi, cloud: InProcessCloud) -> None:
    (parent,) = submit(api, "any")
    key = TaskKey(Kind.TASK, "mbc", "any", parent)
    codes = submit(api, *["any"] * 5)
    for code in codes:
        cloud.wiring.tasks.move(
            TaskKey(Kind.TASK, "mbc", "any", code), Status.CANCELLED, extra={"parent": str(key)}
        )

    found = pages(api, f"{TASKS}/any/{parent}/children", limit=2)

    assert [task["code"] for page in found for task in page] == codes


def test_a_page_is_cut_before_it_is_too_large_for_an_answer(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    codes = submit(api, *["any"] * 12)
    for code in codes:  # quotes and backslashes: what escaping makes longest
        key = TaskKey(Kind.TASK, "mbc", "any", code)
        cloud.service.tasks.amend(key, {"note": '\\"' * 90_000})

    first = api.get(TASKS, limit=1_000)
    found = pages(api, TASKS, limit=1_000)

    assert 1 < len(first.body["items"]) < 12
    assert len(json.dumps(json.dumps(first.body))) < 6_000_000
    assert sorted(task["code"] for page in found for task in page) == codes


def fan_out(api: InProcessApi, cloud: InProcessCloud, *, elements: int) -> str:
    """The path of an ended fan-out whose odd elements failed."""
    request = {"taskType": "api-odd-fails", "input": list(range(elements)), "notify": "none"}
    code = api.post(FAN_OUTS, request).body["code"]
    cloud.run()
    return f"{FAN_OUTS}/api-odd-fails/{code}"
