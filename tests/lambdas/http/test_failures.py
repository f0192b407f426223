"""The list of failures: newest first over all keys of the index, each once, cheaply."""

from typing import Any

import pytest
from builders import stored

from taskmill.model.fingerprints import fingerprint_of
from taskmill.model.keys import Kind, TaskKey, attention_of
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

FAILURES = "/v1/tenants/mbc/failures"
MARKS = [fingerprint_of({"type": "ValueError", "message": word}) for word in ("a", "b", "c")]


def failed(
    cloud: InProcessCloud,
    number: int,
    *,
    task_type: str = "any",
    at: int | None = None,
    **more: Any,
) -> str:
    """A row that has failed; the higher its number, the later. Its code."""
    key = TaskKey(Kind.TASK, "mbc", task_type, f"code-{number:05}")
    known = {
        "status": Status.FAILED,
        "attention": attention_of(key),
        "updated_at": 1_770_000_000_000 + (number if at is None else at),
        "fingerprint": MARKS[number % 3],
        "error_text": f"ValueError: no order {number} of this customer is there any more",
        "name": f"order {number}",
    }
    stored(cloud, key=key, **{**known, **more})
    return key.code


def pages(api: InProcessApi, path: str, **query: Any) -> list[list[dict[str, Any]]]:
    """The items of every page."""
    found, cursor = [], None
    while True:
        page = api.get(path, **query, **({"cursor": cursor} if cursor else {})).body
        found.append(page["items"])
        cursor = page["cursor"]
        if cursor is None:
            return found


def codes(found: list[list[dict[str, Any]]]) -> list[str]:
    return [each["code"] for page in found for each in page]


@pytest.mark.parametrize("limit", [1, 7, 50, 1_000])
def test_every_failure_is_on_one_page_newest_first(
    cloud: InProcessCloud, api: InProcessApi, limit: int
) -> None:
    known = [failed(cloud, number) for number in range(90)]

    found = pages(api, FAILURES, limit=limit)

    assert all(len(page) <= limit for page in found)
    assert codes(found) == known[::-1]


@pytest.mark.parametrize("limit", [1, 7, 40])
def test_failures_of_one_moment_are_listed_once(
    cloud: InProcessCloud, api: InProcessApi, limit: int
) -> None:
    known = [failed(cloud, number, at=number // 20) for number in range(60)]

    found = codes(pages(api, FAILURES, limit=limit))

    assert sorted(found) == known
    assert [each > "code-00019" for each in found] == [True] * 40 + [False] * 20


def test_a_failure_says_what_a_list_shows(cloud: InProcessCloud, api: InProcessApi) -> None:
    failed(cloud, 3)

    (item,) = api.get(FAILURES).body["items"]

    assert item == {
        "pk": "TASK#mbc",
        "sk": "any#code-00003",
        "type": "any",
        "code": "code-00003",
        "index": None,
        "name": "order 3",
        "updatedAt": "2026-02-02T02:40:00.003000Z",
        "fingerprint": MARKS[0],
        "errorText": "ValueError: no order 3 of this customer is there any more",
    }


def test_a_page_of_fifty_takes_few_read_units(cloud: InProcessCloud, api: InProcessApi) -> None:
    for number in range(400):
        failed(cloud, number, input="x" * 3_000)

    answer = api.get(FAILURES, limit=50)

    assert len(answer.body["items"]) == 50
    assert 4 <= float(answer.headers["x-taskmill-read-units"]) <= 6


def test_failures_are_filtered_by_type_and_fingerprint(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    for number in range(30):
        failed(cloud, number, task_type="any" if number % 2 else "other")

    def found(**query: Any) -> set[int]:
        return {int(each[-5:]) for each in codes(pages(api, FAILURES, limit=4, **query))}

    assert found(type="any") == set(range(1, 30, 2))
    assert found(fingerprint=MARKS[1]) == set(range(1, 30, 3))
    assert found(type="other", fingerprint=MARKS[1]) == set(range(4, 30, 6))
    assert found(type="none") == set()


def test_a_filtered_page_looks_at_five_thousand_and_goes_on(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    for number in range(5_100):
        failed(cloud, number, task_type="any" if number else "rare")

    first = api.get(FAILURES, type="rare")
    second = api.get(FAILURES, type="rare", cursor=first.body["cursor"])

    assert first.body["items"] == []
    assert codes([second.body["items"]]) == ["code-00000"]
    assert second.body["cursor"] is None


def test_subtasks_and_tasks_that_really_fail_are_listed(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    api.post("/v1/tenants/mbc/tasks", {"taskType": "api-odd-fails", "input": 1})
    fan_out = {"taskType": "api-odd-fails", "input": [0, 1, 2, 3], "toleratedFailures": 4}
    api.post("/v1/tenants/mbc/step-function-tasks", fan_out)
    for _ in range(5):
        cloud.run()
        cloud.sleep(60)

    items = api.get(FAILURES).body["items"]

    assert sorted((each["index"] is None, each["index"]) for each in items if each["index"]) == [
        (False, 1),
        (False, 3),
    ]
    assert len(items) == 3
    assert len({each["fingerprint"] for each in items}) == 1


def test_failed_subtasks_of_a_fan_out_that_was_retried_are_not_listed(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    fan_out = {"taskType": "api-odd-fails", "input": [1, 3]}
    code = api.post("/v1/tenants/mbc/step-function-tasks", fan_out).body["code"]
    cloud.run()
    before = api.get(FAILURES).body["items"]
    cloud.sleep(5)

    api.post(f"/v1/tenants/mbc/step-function-tasks/api-odd-fails/{code}/retry")

    assert len(before) == 3
    assert api.get(FAILURES).body["items"] == []


def test_another_tenants_failures_are_not_listed(cloud: InProcessCloud, api: InProcessApi) -> None:
    failed(cloud, 1)

    assert api.get("/v1/tenants/acme/failures").body["items"] == []


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WzEsMiwzLDRd", "bnVsbA", "_" * 4_097])
def test_a_cursor_of_another_list_is_refused(api: InProcessApi, cursor: str) -> None:
    answer = api.get(FAILURES, cursor=cursor)

    assert answer.status == 422
    assert "cursor" in str(answer.error)


@pytest.mark.parametrize(
    ("name", "value"), [("fingerprint", "xyz"), ("limit", "0"), ("limit", "1001"), ("type", "a b")]
)
def test_a_bad_filter_is_refused_by_its_name(api: InProcessApi, name: str, value: str) -> None:
    answer = api.get(FAILURES, **{name: value})

    assert answer.status == 422
    assert name in str(answer.error)
