import random

import pytest
from builders import any_fan_out_key, any_key, any_tenant, stored
from hypothesis import given, settings
from hypothesis import strategies as st
from moto_cloud import BOTH_TABLES

from taskmill.errors import InvalidKey, InvalidRequest
from taskmill.model.keys import Kind
from taskmill.model.statuses import Status
from taskmill.models import ListOptions, SkCondition
from taskmill.testing import InProcessCloud

TYPES = ["import", "import-all", "export"]


def fill(cloud: InProcessCloud, tenant: str, count: int) -> list[str]:
    """Tasks of three types and two statuses, and what must not be among them; their `sk`s."""
    keys = [
        any_key(tenant=tenant, type=TYPES[number % 3], code=f"{number:04}")
        for number in range(count)
    ]
    random.Random(1).shuffle(keys)  # noqa: S311  # an order of storing
    for key in keys:
        failed = int(key.code) % 5 == 0
        stored(cloud, key=key, status=Status.FAILED if failed else Status.CREATED)
    parent = any_fan_out_key(tenant=tenant)
    stored(cloud, key=parent)
    stored(cloud, key=parent.subtask(0))
    stored(cloud, key=any_key(tenant=any_tenant()))
    return sorted(key.sk for key in keys)


def pages(cloud: InProcessCloud, tenant: str, **options: object) -> list[list[str]]:
    """The `sk`s of every page to the end."""
    found, cursor = [], None
    for _ in range(200):
        asked = ListOptions(start_from_sk=cursor, **options)
        page = cloud.service.list_items_by_pk(tenant_code=tenant, options=asked)
        found.append([each.sk for each in page.items])
        cursor = page.last_sk
        if cursor is None:
            return found
    raise AssertionError("the list has no end")


def flat(found: list[list[str]]) -> list[str]:
    return [sk for page in found for sk in page]


@BOTH_TABLES
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 7, 1_000])
def test_a_list_pages_to_its_end(cloud: InProcessCloud, limit: int, order: str) -> None:
    tenant = any_tenant()
    everything = fill(cloud, tenant, 22)

    found = pages(cloud, tenant, limit=limit, order=order)

    assert flat(found) == (everything if order == "asc" else everything[::-1])
    assert all(len(page) == limit for page in found[:-1])


@settings(max_examples=40)
@given(
    st.integers(0, 60), st.integers(1, 25), st.sampled_from(["asc", "desc"]), st.sampled_from(TYPES)
)
def test_pages_of_one_type_hold_just_its_tasks(
    count: int, limit: int, order: str, task_type: str
) -> None:
    with InProcessCloud() as cloud:
        tenant = any_tenant()
        everything = fill(cloud, tenant, count)

        found = flat(pages(cloud, tenant, limit=limit, order=order, type=task_type))

        wanted = [sk for sk in everything if sk.startswith(f"{task_type}#")]
        assert found == (wanted if order == "asc" else wanted[::-1])


@settings(max_examples=40)
@given(st.integers(0, 60), st.integers(1, 25), st.sampled_from(["CREATED", "FAILED", "QUEUED"]))
def test_pages_of_one_status_hold_just_its_tasks(count: int, limit: int, status: str) -> None:
    with InProcessCloud() as cloud:
        tenant = any_tenant()
        everything = fill(cloud, tenant, count)

        found = flat(pages(cloud, tenant, limit=limit, order="asc", status=status))

        has = {"FAILED": [True], "CREATED": [False], "QUEUED": []}[status]
        assert found == [sk for sk in everything if (int(sk[-4:]) % 5 == 0) in has]


@BOTH_TABLES
def test_a_condition_on_sk_narrows_a_list(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    everything = fill(cloud, tenant, 30)
    condition = SkCondition(
        expression="begins_with(#sk, :sk)",
        attribute_values={":sk": "import#000"},
        attribute_names={"#sk": "sk"},
    )

    found = pages(cloud, tenant, limit=2, order="asc", sk=condition)

    assert flat(found) == [sk for sk in everything if sk.startswith("import#000")]


@BOTH_TABLES
def test_a_condition_may_be_a_range(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    everything = fill(cloud, tenant, 30)
    condition = SkCondition(
        expression="sk BETWEEN :from AND :to",
        attribute_values={":from": "export#0005", ":to": "import#0009"},
    )

    found = flat(pages(cloud, tenant, order="asc", sk=condition))

    assert found == [sk for sk in everything if "export#0005" <= sk <= "import#0009"]


def test_step_function_tasks_have_a_list_of_their_own_without_subtasks(
    cloud: InProcessCloud,
) -> None:
    tenant = any_tenant()
    fill(cloud, tenant, 5)

    page = cloud.service.list_items_by_pk(tenant_code=tenant, type="SFN_TASK")

    assert [(each.kind, each.index) for each in page.items] == [("SFN_TASK", None)]


def test_by_default_the_newest_fifty_come_first(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    keys = [any_key(tenant=tenant, code=f"{number:03}") for number in range(60)]
    for key in keys:
        stored(cloud, key=key)

    page = cloud.service.list_items_by_pk(tenant_code=tenant)

    assert [each.code for each in page.items] == [f"{number:03}" for number in range(59, 9, -1)]
    assert page.last_sk == page.items[-1].sk


def test_the_last_page_has_no_cursor_even_when_it_is_full(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    for _ in range(4):
        stored(cloud, key=any_key(tenant=tenant))

    assert [len(page) for page in pages(cloud, tenant, limit=2)] == [2, 2]


def test_a_list_of_nothing_is_empty(cloud: InProcessCloud) -> None:
    assert pages(cloud, any_tenant()) == [[]]


def test_a_kind_that_is_none_is_refused(cloud: InProcessCloud) -> None:
    with pytest.raises(InvalidRequest, match="TASK or SFN_TASK, not 'SUBTASK'"):
        cloud.service.list_items_by_pk(tenant_code="t", type="SUBTASK")


@pytest.mark.parametrize("tenant", ["a#0", "", "a b"])
def test_a_tenant_that_is_none_is_refused(cloud: InProcessCloud, tenant: str) -> None:
    with pytest.raises(InvalidKey, match="tenant"):
        cloud.service.list_items_by_pk(tenant_code=tenant, type=Kind.TASK)
