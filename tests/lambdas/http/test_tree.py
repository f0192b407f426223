"""The tree of a task: its descendants, each before its own children, read only as far as shown."""

from typing import Any

import pytest
from builders import stored

from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

Shape = dict[str, Any]
SHAPE: Shape = {"a": {"aa": {"aaa": {}}, "ab": {}}, "b": {}, "c": {"ca": {}}}


def key_of(code: str, tenant: str = "mbc") -> TaskKey:
    return TaskKey(Kind.TASK, tenant, "any", code)


def plant(cloud: InProcessCloud, code: str, children: Shape, parent: str | None = None) -> None:
    stored(
        cloud,
        key=key_of(code),
        status=Status.WAITING,
        parent=parent and str(key_of(parent)),
        child_count=len(children) or None,
        input='"large"',
    )
    for name, below in children.items():
        plant(cloud, name, below, code)


@pytest.fixture
def tree(cloud: InProcessCloud) -> str:
    plant(cloud, "root", SHAPE)
    return "/v1/tenants/mbc/tasks/any/root/tree"


def codes(api: InProcessApi, path: str, **query: Any) -> list[str]:
    """The codes on all pages, in order."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(path, **query, **({"cursor": cursor} if cursor else {})).body
        assert page["root"]["code"] == "root"
        assert len(page["nodes"]) <= query.get("limit", 100)
        found += [each["code"] for each in page["nodes"]]
        cursor = page["cursor"]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
def test_each_task_comes_before_its_children(api: InProcessApi, tree: str, limit: int) -> None:
    assert codes(api, tree, limit=limit, depth=10) == ["a", "aa", "aaa", "ab", "b", "c", "ca"]
    assert codes(api, tree, limit=limit, depth=2) == ["a", "aa", "ab", "b", "c", "ca"]
    assert codes(api, tree, limit=limit) == ["a", "b", "c"]


def test_a_node_is_a_summary_that_names_its_parent(api: InProcessApi, tree: str) -> None:
    page = api.get(tree, depth=2).body

    parents = {each["code"]: each["parent"] for each in page["nodes"]}
    assert parents["aa"] == str(key_of("a"))
    assert {each["input"] for each in page["nodes"]} == {None}


def test_of_ten_thousand_children_only_those_of_the_page_are_read(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    plant(cloud, "root", {f"child-{number:05}": {} for number in range(10_000)})
    cloud.meter.calls.clear()

    answer = api.get("/v1/tenants/mbc/tasks/any/root/tree", limit=50)

    assert [each["code"] for each in answer.body["nodes"]] == [
        f"child-{number:05}" for number in range(50)
    ]
    # The root, half a unit for each of 51 nodes, and a few for their keys.
    assert float(answer.headers["x-taskmill-read-units"]) <= 1 + 51 / 2 + 2
    assert cloud.meter.calls.total() == 3


def test_children_without_children_are_not_asked_for_any(
    cloud: InProcessCloud, api: InProcessApi, tree: str
) -> None:
    cloud.meter.calls.clear()

    answer = api.get(tree, depth=10)

    assert cloud.meter.calls["dynamodb.query"] == 4  # of root, a, aa and c
    assert float(answer.headers["x-taskmill-read-units"]) == 1 + 7 / 2 + 4 / 2


def test_children_of_another_tenant_are_not_shown(
    cloud: InProcessCloud, api: InProcessApi, tree: str
) -> None:
    stored(cloud, key=key_of("elsewhere", "acme"), parent=str(key_of("root")))

    assert codes(api, tree) == ["a", "b", "c"]


def test_a_fan_out_has_no_nodes(cloud: InProcessCloud, api: InProcessApi) -> None:
    body = {"taskType": "any", "input": [1, 2]}
    code = api.post("/v1/tenants/mbc/step-function-tasks", body).body["code"]

    answer = api.get(f"/v1/tenants/mbc/step-function-tasks/any/{code}/tree")

    assert answer.body["root"]["code"] == code
    assert (answer.body["nodes"], answer.body["cursor"]) == ([], None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"depth": "0"}, "depth"),
        ({"depth": "11"}, "depth"),
        ({"limit": "1001"}, "limit"),
        ({"cursor": "W10x"}, "cursor"),
        ({"cursor": "W1siVEFTSyNhY21lIzEiLCJhbnkjYSJdXQ"}, "cursor"),  # of tenant acme
        ({"cursor": "W1siYSIsImIiXV0"}, "cursor"),
    ],
)
def test_a_bad_parameter_is_refused_by_its_name(
    api: InProcessApi, tree: str, query: dict[str, str], field: str
) -> None:
    answer = api.get(tree, **query)

    assert answer.status == 422
    assert field in str(answer.error)


def test_the_tree_of_no_task_is_not_found(api: InProcessApi) -> None:
    assert api.get("/v1/tenants/mbc/tasks/any/none/tree").status == 404
