"""Who the caller is, what they may do, and what task types there are."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from taskmill.http.app import build_app, documented_routes
from taskmill.testing import InProcessCloud
from taskmill.testing.http import USER_ARN, Answer, InProcessApi

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


def routes() -> list[tuple[str, str]]:
    """Method and path of every route, with something in place of its parameters."""
    names = {"tenant": "mbc", "index": "0", "id": "any~mine", "fingerprint": "f00"}
    return [
        (method, re.sub("<([a-z_]+)>", lambda each: names.get(each[1], "any"), path))
        for method, path in documented_routes(build_app())
    ]


KEYS = [{"pk": "TASK#mbc", "sk": "any#code"}]
VALID: dict[str, Any] = {  # bodies by the end of the path; of routes that need none: nothing
    "mbc/tasks": {"taskType": "any"},
    "mbc/step-function-tasks": {"taskType": "any", "input": [1]},
    "mbc/uploads": {"size": 1},
    "mbc/lookup": {"keys": KEYS},
    "mbc/bulk": {"action": "retry", "filter": {}, "dryRun": True},
    "any/backfill": {"from": "2026-01-05T06:00:00Z", "to": "2026-01-05T07:00:00Z"},
    "limits/any": {"concurrency": 1},
    "schedules/any": {"taskType": "any", "expression": "rate(1 hour)"},
    "any~mine": {"event": "success", "callbackType": "other"},
    "any/any": {"status": "FAILED"},
}


def asked(caller: InProcessApi, method: str, path: str) -> Answer:
    """What a route answers to a valid request."""
    body = next((each for end, each in VALID.items() if path.endswith(end)), None)
    query = "type=any" if path.endswith("/callbacks") else ""
    return caller.request(method, path, body=body if method != "GET" else None, query=query)


CHANGES = [each for each in routes() if each[0] != "GET" and not each[1].endswith("/lookup")]
OF_A_TENANT = [each for each in routes() if "/mbc/" in each[1]]


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_no_route_that_changes_something_is_forgotten(method: str, path: str) -> None:
    answer = asked(bearer(tenant="mbc", role="viewer"), method, path)

    assert (answer.status, answer.error["code"]) == (403, "forbidden")
    assert "may only read" in answer.error["message"]


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(("method", "path"), OF_A_TENANT)
def test_no_route_of_a_tenant_answers_another_one(method: str, path: str) -> None:
    for claim in ("other", "mbcs", "mb", "MBC", "", None, ["MBC"], "*", ".*"):
        answer = asked(bearer(tenant=claim, role="admin"), method, path)

        assert (answer.status, answer.error["code"]) == (403, "forbidden"), claim
    assert asked(bearer(tenant="other mbc", role="admin"), method, path).status != 403


@pytest.mark.usefixtures("tokens")
def test_whoever_may_only_read_may_look_up_keys() -> None:
    answer = asked(bearer(tenant="mbc", role="viewer"), "POST", "/v1/tenants/mbc/lookup")

    assert answer.status == 200
    assert len(answer.body["missing"]) == 1


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(("method", "path"), [each for each in routes() if "/revealed" in each[1]])
def test_no_route_that_reveals_answers_who_may_not(method: str, path: str) -> None:
    answer = bearer(tenant="mbc", role="operator").request(method, path)

    assert (answer.status, answer.error["code"]) == (403, "forbidden")
    assert "may reveal" in answer.error["message"]


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
