"""Who the caller is, what they may do, and what task types there are."""

from collections.abc import Iterator
from typing import Any

import pytest

from taskmill.testing import InProcessCloud
from taskmill.testing.http import USER_ARN, InProcessApi

TOKENS = {
    "TASKMILL_TENANT_CLAIM": "custom:tenant",
    "TASKMILL_ROLE_CLAIM": "custom:role",
    "TASKMILL_WRITE_ROLES": "operator,admin",
    "TASKMILL_REVEAL_ROLES": "admin",
    "TASKMILL_SEVERAL_TENANTS": "1",
    "TASKMILL_STACK_NAME": "Tasks",
    "TASKMILL_STACK_ENVIRONMENT": "prod",
}


def bearer(**claims: Any) -> InProcessApi:
    """A caller with a token of these claims."""
    named = {f"custom:{name}": value for name, value in claims.items()}
    return InProcessApi(authorizer={"jwt": {"claims": {**named, "sub": "ada"}, "scopes": None}})


@pytest.fixture
def tokens() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["api_tasks"], environment=TOKENS) as cloud:
        yield cloud


def test_a_signed_caller_is_named_and_policies_decide_about_the_rest(api: InProcessApi) -> None:
    answer = api.get("/v1/whoami")

    assert answer.status == 200
    assert answer.body["user"] == USER_ARN
    assert answer.body["tenants"] is answer.body["mayWrite"] is answer.body["mayReveal"] is None
    assert {"types", "tenants"} <= set(answer.body["features"])
    assert answer.body["dollarsPerReadUnit"] == 1.25e-7


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(
    ("role", "writes", "reveals"),
    [
        ("viewer", False, False),
        ("operator", True, False),
        ("admin", True, True),
        ("[viewer operator]", True, False),
        (None, False, False),
        ("operators", False, False),
    ],
)
def test_the_roles_of_a_token_say_what_it_may_do(
    role: str | None,
    writes: bool,  # noqa: FBT001  # by parametrize
    reveals: bool,  # noqa: FBT001
) -> None:
    caller = bearer(tenant="mbc", role=role)
    body = caller.get("/v1/whoami").body

    assert (body["user"], body["mayWrite"], body["mayReveal"]) == ("ada", writes, reveals)
    assert body["stack"]["name"] == "Tasks"
    assert body["stack"]["environment"] == "prod"
    probe = caller.post("/v1/tenants/mbc/may-write")
    assert probe.status == (204 if writes else 403)


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "tasks", {"taskType": "any"}),
        ("POST", "step-function-tasks", {"taskType": "any", "input": [1]}),
        ("POST", "uploads", {"size": 1}),
        ("PATCH", "tasks/any/code", {"status": "FAILED"}),
        ("POST", "tasks/any/code/cancel", None),
        ("POST", "tasks/any/code/retry", None),
        ("PUT", "schedules/nightly", {"taskType": "any", "expression": "rate(1 hour)"}),
        ("DELETE", "schedules/nightly", None),
        ("DELETE", "callbacks/any~mine", None),
        ("POST", "may-write", None),
        ("POST", "tasks/lookup/lookup/cancel", None),
    ],
)
def test_whoever_may_only_read_changes_nothing(method: str, path: str, body: Any) -> None:
    reader = bearer(tenant="mbc", role="viewer")

    answer = reader.request(method, f"/v1/tenants/mbc/{path}", body=body)

    assert (answer.status, answer.error["code"]) == (403, "forbidden")
    assert "may only read" in answer.error["message"]
    assert reader.get("/v1/tenants/mbc/tasks").status == 200


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("claim", ["mbc other", "mbc,other", "[mbc other]", ["mbc", "other"]])
def test_a_token_may_name_several_tenants(claim: Any) -> None:
    caller = bearer(tenant=claim, role="viewer")

    assert caller.get("/v1/tenants").body == {"tenants": ["mbc", "other"]}
    assert caller.get("/v1/whoami").body["tenants"] == ["mbc", "other"]
    statuses = [caller.get(f"/v1/tenants/{t}/tasks").status for t in ("mbc", "other", "victim")]
    assert statuses == [200, 200, 403]


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("claim", [None, "", "[]", [], 7, [7], "victims", "mb c"])
def test_a_token_without_the_tenant_reaches_none(claim: Any) -> None:
    caller = bearer(tenant=claim, role="admin")

    assert caller.get("/v1/tenants/mbc/tasks").status == 403
    assert "mbc" not in caller.get("/v1/tenants").body["tenants"]


def test_types_are_told_with_schemas_and_docstrings(api: InProcessApi) -> None:
    answer = api.get("/v1/tenants/mbc/types")
    types = {each["type"]: each for each in answer.body["types"]}

    assert answer.status == 200
    typed = types["typed"]
    assert typed["inputSchema"]["required"] == ["iata", "runways"]
    assert (typed["maxAttempts"], typed["timeoutSeconds"], typed["pool"]) == (3, 120.0, None)
    assert types["any"]["inputSchema"] is None
    assert answer.body["failed"] is None


def test_the_types_of_other_modules_are_told_when_one_cannot_be_imported() -> None:
    modules = {"TASKMILL_MODULES": "api_tasks,no_such_module"}
    with InProcessCloud(environment=modules):
        body = InProcessApi().get("/v1/tenants/mbc/types").body

    assert "typed" in {each["type"] for each in body["types"]}
    assert "no_such_module" in body["failed"]


def test_secret_fields_are_named_and_their_defaults_are_not_told(api: InProcessApi) -> None:
    found = {each["type"]: each for each in api.get("/v1/tenants/mbc/types").body["types"]}
    pay = found["api-pay"]

    assert pay["secretFields"] == ["card.number", "card.pin", "tokens.*", "**.iban"]
    assert "4711" not in str(pay)
    assert pay["description"] == "Pays with a card."
