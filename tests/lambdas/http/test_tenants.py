"""A caller whose token names a tenant reads and writes that tenant's tasks only."""

from collections.abc import Iterator
from typing import Any

import pytest

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

PATHS = [
    ("GET", "tasks"),
    ("POST", "tasks"),
    ("POST", "step-function-tasks"),
    ("POST", "uploads"),
    ("GET", "tasks/any/code"),
    ("PATCH", "tasks/any/code"),
    ("POST", "tasks/any/code/cancel"),
    ("GET", "step-function-tasks/any/code/subtasks"),
]


def bearer(**claims: Any) -> InProcessApi:
    """A caller with a token of these claims."""
    return InProcessApi(authorizer={"jwt": {"claims": claims, "scopes": None}})


@pytest.fixture(autouse=True)
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(environment={"TASKMILL_TENANT_CLAIM": "custom:tenant"}) as cloud:
        yield cloud


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize(
    "claims",
    [{"custom:tenant": "other"}, {"custom:tenant": "MBC"}, {"tenant": "mbc"}, {}],
    ids=["another", "in capitals", "under another name", "none"],
)
def test_nobody_gets_into_a_tenant_that_the_token_does_not_name(
    method: str, path: str, claims: dict[str, str]
) -> None:
    body: dict[str, Any] = {"status": "FAILED"}
    if path.endswith("tasks"):
        body = {"taskType": "any", "input": []}
    elif path == "uploads":
        body = {"size": 1}

    answer = bearer(**claims).request(
        method, f"/v1/tenants/mbc/{path}", body=body if method != "GET" else None
    )

    assert (answer.status, answer.error["code"]) == (403, "forbidden")


def test_an_aws_identity_is_no_token() -> None:
    assert InProcessApi().get("/v1/tenants/mbc/tasks").status == 403


def test_the_tenant_of_the_token_is_served() -> None:
    api = bearer(**{"custom:tenant": "mbc", "sub": "user-7"})

    task = api.post("/v1/tenants/mbc/tasks", {"taskType": "any"})

    assert (task.status, task.body["tenantCode"], task.body["createdBy"]) == (202, "mbc", "user-7")
    assert len(api.get("/v1/tenants/mbc/tasks").body["items"]) == 1


def test_tenants_do_not_see_each_other() -> None:
    mine, theirs = (bearer(**{"custom:tenant": tenant}) for tenant in ("mbc", "mbc2"))
    code = mine.post("/v1/tenants/mbc/tasks", {"taskType": "any"}).body["code"]

    assert theirs.get("/v1/tenants/mbc2/tasks").body["items"] == []
    assert theirs.get(f"/v1/tenants/mbc2/tasks/any/{code}").status == 404
    assert theirs.patch(f"/v1/tenants/mbc2/tasks/any/{code}", {"status": "FAILED"}).status == 404


def test_health_asks_for_no_token() -> None:
    assert InProcessApi(authorizer={}).get("/health").status == 200


def test_the_document_tells_that_a_token_is_needed() -> None:
    document = bearer().get("/openapi.json").body

    assert document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "401" in document["paths"]["/v1/tenants/{tenant}/tasks"]["get"]["responses"]
    assert "401" not in document["paths"]["/health"]["get"]["responses"]


@pytest.mark.parametrize("groups", ["[mbc]", "[other mbc]", ["mbc", "other"]], ids=str)
def test_a_group_of_the_tenant_s_name_lets_in(groups: Any) -> None:
    """An HTTP API passes on a list as text, with brackets and spaces."""
    with InProcessCloud(environment={"TASKMILL_TENANT_CLAIM": "cognito:groups"}):
        answer = bearer(**{"cognito:groups": groups}).request("GET", "/v1/tenants/mbc/tasks")

    assert answer.status == 200


@pytest.mark.parametrize(
    "groups", [None, "", "[]", "[mbcd]", "[MBC]", "[other]", "[m bc]", [], ["other"], 7], ids=str
)
def test_groups_of_other_names_do_not(groups: Any) -> None:
    with InProcessCloud(environment={"TASKMILL_TENANT_CLAIM": "cognito:groups"}):
        answer = bearer(**{"cognito:groups": groups}).request("GET", "/v1/tenants/mbc/tasks")

    assert answer.status == 403


@pytest.mark.parametrize("value", ["[mbc]", "[other mbc]", "mbc other", ["mbc"]], ids=str)
def test_of_other_claims_the_whole_value_is_the_tenant(value: Any) -> None:
    """Users may choose the members of a list, or a text that looks like one."""
    answer = bearer(**{"custom:tenant": value}).request("GET", "/v1/tenants/mbc/tasks")

    assert answer.status == 403
