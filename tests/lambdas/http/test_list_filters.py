"""Filters of lists: several statuses, a time, the beginning of a code; and what they cost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import stored
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from taskmill.model.code_times import clipped, ranges_of_time
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.new_codes import uuid7
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

TASKS = "/v1/tenants/mbc/tasks"
START = 1_770_000_000_000
MINUTE = 60_000
SCHEMES = ["ulid", "uuid7", "uuid4"]


def moment(minutes: float) -> str:
    return (datetime.fromtimestamp(START / 1_000, UTC) + timedelta(minutes=minutes)).isoformat()


def code_at(scheme: str, at: int, number: int) -> str:
    if scheme == "ulid":
        return str(ULID.from_timestamp(at / 1_000))
    if scheme == "uuid7":
        text = f"{at:012x}"
        return f"{text[:8]}-{text[8:]}{uuid7()[13:]}"
    return f"{number * 7919 % 4096:04x}-{number}"


@pytest.fixture(params=SCHEMES)
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    """100 tasks, one a minute; each tenth has a code of its own."""
    environment = {"TASKMILL_IDS": request.param}
    with InProcessCloud(modules=["api_tasks"], environment=environment) as cloud:
        for number in range(100):
            at = START + number * MINUTE
            code = code_at(request.param, at, number) if number % 10 else f"order-{number}"
            stored(
                cloud,
                key=TaskKey(Kind.TASK, "mbc", "any", code),
                status=[Status.QUEUED, Status.FAILED, Status.COMPLETED][number % 3],
                created_at=at,
                input=str(number),
                attributes={"result": "1", "error": {"type": "A", "message": "b", "stack": "c"}},
            )
        yield cloud


def listed(api: InProcessApi, **query: Any) -> list[int]:
    """The inputs of all tasks on all pages, in order."""
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(TASKS, **query, **({"cursor": cursor} if cursor else {})).body
        found += [each["input"] for each in page["items"]]
        cursor = page["cursor"]
    return found


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [3, 50])
@pytest.mark.parametrize("task_type", ["any", None])
def test_a_time_lists_what_was_created_within_it(
    cloud: InProcessCloud, api: InProcessApi, order: str, limit: int, task_type: str | None
) -> None:
    query = {"limit": limit, "order": order, **({"type": task_type} if task_type else {})}

    def found(**times: str) -> list[int]:
        all_pages = listed(api, **query, **times)
        assert len(set(all_pages)) == len(all_pages)
        return sorted(all_pages)

    assert found(createdAfter=moment(30), createdBefore=moment(45)) == [*range(30, 45)]
    assert found(createdAfter=moment(85)) == [*range(85, 100)]
    assert found(createdBefore=moment(12)) == [*range(12)]
    assert found(createdAfter=moment(30), createdBefore=moment(45), status="FAILED") == [
        *range(31, 45, 3)
    ]


@pytest.mark.parametrize("cloud", ["ulid", "uuid7"], indirect=True)
def test_pages_of_a_time_are_in_the_order_of_their_codes(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    times = {"createdAfter": moment(30), "createdBefore": moment(45)}

    found = listed(api, type="any", order="asc", limit=4, **times)

    assert found == [*range(31, 40), *range(41, 45), 30, 40]


@pytest.mark.parametrize("cloud", ["ulid", "uuid7"], indirect=True)
def test_a_time_costs_what_its_tasks_cost(cloud: InProcessCloud, api: InProcessApi) -> None:
    for number in range(1_000):
        code = code_at("ulid", START - 10**9 + number, number)
        stored(cloud, key=TaskKey(Kind.TASK, "mbc", "any", code), input='"' + "x" * 3_000 + '"')

    times = {"createdAfter": moment(30), "createdBefore": moment(45)}
    answer = api.get(TASKS, type="any", limit=13, **times)

    assert len(answer.body["items"]) == 13
    # 8 partitions, half a unit each: of the codes of one's own, which come first, and of the time.
    assert float(answer.headers["x-taskmill-read-units"]) <= 8.5


def test_several_statuses_are_listed_together(cloud: InProcessCloud, api: InProcessApi) -> None:
    found = listed(api, status="QUEUED,COMPLETED", limit=7)

    assert sorted(found) == [each for each in range(100) if each % 3 != 1]


def test_a_code_is_found_by_its_beginning(cloud: InProcessCloud, api: InProcessApi) -> None:
    query = {"type": "any", "codePrefix": "order-"}

    assert sorted(listed(api, limit=3, **query)) == [*range(0, 100, 10)]
    assert listed(api, type="any", codePrefix="order-40") == [40]
    assert listed(api, type="other", codePrefix="order-") == []
    assert listed(api, createdAfter=moment(50), **query) == [90, 80, 70, 60, 50]


def test_a_summary_leaves_out_what_is_large(cloud: InProcessCloud, api: InProcessApi) -> None:
    (task,) = api.get(TASKS, type="any", codePrefix="order-40", fields="summary").body["items"]

    assert (task["input"], task["history"]) == (None, [])
    assert task["attributes"] == {"error": {"type": "A", "message": "b"}}
    assert task["createdAt"] is not None


@pytest.mark.parametrize("cloud", ["ulid"], indirect=True)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "QUEUED,BROKEN"}, "status"),
        ({"status": ""}, "status"),
        ({"createdAfter": "yesterday"}, "createdAfter"),
        ({"createdAfter": "2026-01-01T00:00:00"}, "createdAfter"),
        ({"createdAfter": moment(5), "createdBefore": moment(5)}, "createdBefore"),
        ({"codePrefix": "a"}, "type"),
        ({"codePrefix": "a b", "type": "any"}, "codePrefix"),
        ({"fields": "all"}, "fields"),
    ],
)
def test_a_bad_filter_is_refused_by_its_name(
    cloud: InProcessCloud, api: InProcessApi, query: dict[str, str], field: str
) -> None:
    answer = api.get(TASKS, **query)

    assert answer.status == 422
    assert field in str(answer.error["details"])


TIMES = st.integers(1_500_000_000_000, 2_190_000_000_000)


@given(TIMES, TIMES | st.none(), TIMES | st.none(), st.sampled_from(["ulid", "uuid7"]))
def test_a_code_of_the_time_is_in_a_range_and_no_other_is(
    at: int, after: int | None, before: int | None, scheme: str
) -> None:
    sk = f"any#{code_at(scheme, at, 0)}"

    ranges = ranges_of_time(scheme, "any", after, before) or []

    within = (after is None or at >= after) and (before is None or at < before)
    assert any(first <= sk <= last for first, last in ranges) == within


@given(st.text("0aAz~", min_size=1, max_size=4), TIMES, st.booleans())
def test_ranges_go_on_after_a_place(code: str, at: int, descending: bool) -> None:  # noqa: FBT001
    whole = ranges_of_time("ulid", "any", at, None) or []
    place = f"any#{code}"

    for first, last in clipped(whole, place, descending=descending):
        assert first <= last
        assert last <= place if descending else first >= place


@given(st.text("0123456789abcdef", min_size=16, max_size=16), TIMES, TIMES)
def test_codes_of_children_are_read_whatever_the_time(code: str, after: int, before: int) -> None:
    sk = f"any#{code}.00001"

    ranges = ranges_of_time("ulid", "any", after, before) or []

    assert sum(first <= sk <= last for first, last in ranges) == 1


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1), st.sampled_from(["ulid", "uuid7"]))
def test_ranges_follow_each_other(after: int, before: int, scheme: str) -> None:
    ranges = ranges_of_time(scheme, "any", after, before) or []

    places = [place for both in ranges for place in both]
    assert places == sorted(places)
