"""C36: dead letters are handled again, where that does what people expect."""

import json
from typing import Any

import pytest
from builders import any_row, record, stored

from taskmill.testing import InProcessCloud
from taskmill.testing.client_errors import client_error
from taskmill.testing.http import InProcessApi

DEAD, PARKED = "failures-dead-letters", "failures"
PATH = "/v1/health/queues/dead-changes/redrive"


ROLES = {"TASKMILL_ROLE_CLAIM": "custom:role", "TASKMILL_WRITE_ROLES": "admin"}
TENANTS = {"TASKMILL_TENANT_CLAIM": "custom:tenant"}


def bearer(role: str) -> InProcessApi:
    """A caller whose token names a role, and a tenant."""
    claims = {"custom:role": role, "custom:tenant": "mbc", "sub": "ada"}
    return InProcessApi(authorizer={"jwt": {"claims": claims, "scopes": None}})


def give_up(cloud: InProcessCloud, count: int = 1) -> None:
    """Let the dispatcher have given up changes."""
    for _ in range(count):
        cloud.queues.put(DEAD, json.dumps({"record": record(None, any_row())}), 0)


def dead_changes(api: InProcessApi) -> dict[str, Any]:
    found = api.get("/v1/health/queues").body["deadLetters"]
    told: dict[str, Any] = next(each for each in found if each["id"] == "dead-changes")
    return told


def test_changes_that_were_given_up_are_handled_again(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    row = stored(cloud)
    cloud.queues.put(DEAD, json.dumps({"record": record(None, row)}), 0)
    assert dead_changes(api)["depth"] == 1

    answer = api.post(PATH)

    assert (answer.status, answer.body["status"], answer.body["moved"]) == (200, "COMPLETED", 1)
    cloud.run()
    assert cloud.wiring.tasks.get(row.key).status != "CREATED"
    assert dead_changes(api)["depth"] == 0


def test_a_redrive_shows_how_far_it_is_and_can_be_stopped(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    give_up(cloud, 5)
    cloud.queues.moves.at_once = 2
    assert dead_changes(api)["redrive"] is None

    assert api.post(PATH).body["status"] == "RUNNING"

    told = dead_changes(api)["redrive"]
    assert (told["status"], told["moved"], told["toMove"]) == ("RUNNING", 4, 5)
    cloud.queues.moves.at_once = 0
    again = api.post(PATH)
    assert (again.status, again.error["code"]) == (409, "conflict")
    assert "4 messages so far" in again.error["message"]

    assert api.post(f"{PATH}/cancel").body["status"] == "CANCELLED"
    assert dead_changes(api)["depth"] == 1
    assert api.post(f"{PATH}/cancel").status == 409


@pytest.mark.parametrize(
    ("queue", "status", "words"),
    [
        ("dead-letters", 409, "a function sends the task's message again"),
        ("unreadable-messages", 409, "no task could read them"),
        ("workflow-events", 409, "taskmill sweep"),
        ("normal", 404, "what can be redriven: dead-changes"),
    ],
)
def test_a_redrive_is_refused_where_it_would_not_help(
    api: InProcessApi, cloud: InProcessCloud, queue: str, status: int, words: str
) -> None:
    for end in ("", "/cancel"):
        answer = api.post(f"/v1/health/queues/{queue}/redrive{end}")
        assert answer.status == status
        assert words in answer.error["message"]
    assert cloud.meter.calls["sqs.start_message_move_task"] == 0
    told = api.get("/v1/health/queues").body["deadLetters"]
    assert [each["id"] for each in told if each["redrivable"]] == ["dead-changes"]


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("InvalidAction", 409, "SQS refuses the redrive: not here"),
        ("AccessDeniedException", 409, "not here"),
        ("AWS.SimpleQueueService.RequestThrottled", 429, "throttles"),
    ],
)
def test_what_sqs_refuses_is_told_and_does_not_hide_the_queues(
    api: InProcessApi, cloud: InProcessCloud, code: str, status: int, words: str
) -> None:
    """As a local cloud does that cannot move messages, or a key that this stack may not use."""

    def refuses(name: str) -> Exception | None:
        return client_error(code, "not here") if name.endswith("move_task") else None

    def lists_none(name: str) -> Exception | None:
        return client_error(code, "not here") if "move_task" in name else None

    cloud.meter.fault = refuses
    answer = api.post(PATH)
    assert answer.status == status
    assert words in answer.error["message"]

    cloud.meter.fault = lists_none
    assert dead_changes(api)["redrive"] is None


@pytest.mark.parametrize(
    ("tenants", "role", "words"),
    [
        (TENANTS, "admin", "are the operators'"),
        (TENANTS, "viewer", "may only read"),
        ({}, "viewer", "may only read"),
        ({}, "admin", None),
    ],
)
def test_only_operators_redrive_what_all_tenants_have(
    tenants: dict[str, str], role: str, words: str | None
) -> None:
    with InProcessCloud(modules=["api_tasks"], environment={**ROLES, **tenants}) as cloud:
        give_up(cloud)

        answer = bearer(role).post(PATH)

        assert answer.status == (403 if words else 200)
        assert not words or words in answer.error["message"]
        assert bool(cloud.queues.queues[DEAD]) == bool(words)
