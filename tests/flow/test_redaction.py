"""What is marked as secret comes masked through every door; who asks for it is written down."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from redacted_tasks import SEEN

from taskmill.testing import InProcessCloud
from taskmill.testing.http import USER_ARN, InProcessApi

NUMBER, PIN, IBAN = "4711-0815-9999", "pin-73519", "DE89370400440532013000"
SECRETS = (NUMBER, PIN, IBAN)
ACCOUNT = {"holder": "Ada", "number": NUMBER, "pin": PIN}
TRANSFER: dict[str, Any] = {
    "accounts": [ACCOUNT],
    "by_name": {"ada": ACCOUNT, "n": 5},
    "note": {"to": [{"IBAN": IBAN, "purpose": "rent"}]},
}
MASKED_ACCOUNT = {"holder": "Ada", "number": "***", "pin": "***"}
MASKED = {
    "accounts": [MASKED_ACCOUNT],
    "by_name": {"ada": MASKED_ACCOUNT, "n": 5},
    "note": {"to": [{"IBAN": "***", "purpose": "rent"}]},
    "blob": "",
}
BASE = "/v1/tenants/mbc"


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    SEEN.clear()
    with InProcessCloud(modules=["redacted_tasks"]) as cloud:
        yield cloud


@pytest.fixture
def api(cloud: InProcessCloud) -> InProcessApi:
    return InProcessApi()


def submitted(api: InProcessApi, task_type: str, value: Any = None, **options: Any) -> str:
    body = {"taskType": task_type, "input": value or TRANSFER, **options}
    answer = api.post(f"{BASE}/tasks", body)
    assert answer.status == 202, answer.body
    tells_nothing(answer.body)
    return f"{BASE}/tasks/{task_type}/{answer.body['code']}"


def tells_nothing(shown: Any) -> None:
    text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
    for secret in SECRETS:
        assert secret not in text


def test_get_and_list(cloud: InProcessCloud, api: InProcessApi) -> None:
    path = submitted(api, "redacted-transfer")
    for _ in range(2):
        tells_nothing(api.get(path).body)
        tells_nothing(api.get(f"{BASE}/tasks").body)
        cloud.run()
    assert api.get(path).body["status"] == "COMPLETED"


def test_overviews(cloud: InProcessCloud, api: InProcessApi) -> None:
    path = submitted(api, "redacted-parent")
    cloud.run()
    task = api.get(path).body
    keys = [{"pk": task["pk"], "sk": task["sk"]}]

    answers = [
        api.post(f"{BASE}/lookup", {"keys": keys}),
        *(
            api.get(each)
            for each in (
                f"{BASE}/failures",
                f"{BASE}/errors",
                f"{path}/tree",
                f"{path}/children",
                f"{BASE}/tasks",
                f"{BASE}/types",
                f"{BASE}/statistics",
            )
        ),
    ]

    assert [each.status for each in answers] == [200] * len(answers)
    groups = api.get(f"{BASE}/errors").body["groups"]
    samples = [api.get(f"{BASE}/errors/{each['fingerprint']}").body for each in groups]
    assert samples
    for body in [*(each.body for each in answers), *samples]:
        tells_nothing(body)


def test_input_and_result_are_masked_field_by_field(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    path = submitted(api, "redacted-transfer")
    cloud.run()

    assert api.get(f"{path}/input").body["input"] == {name: MASKED[name] for name in TRANSFER}
    assert api.get(f"{path}/result").body["result"] == MASKED


def logged() -> InProcessCloud:
    """A cloud that writes its log to the standard output of the moment."""
    name = {"POWERTOOLS_SERVICE_NAME": f"s-{uuid.uuid4()}", "POWERTOOLS_LOG_LEVEL": "INFO"}
    return InProcessCloud(modules=["redacted_tasks"], environment=name)


def test_whoever_reveals_gets_all_and_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    with logged() as cloud:
        api = InProcessApi()
        path = submitted(api, "redacted-transfer")
        cloud.run()
        capsys.readouterr()

        assert api.get(f"{path}/input/revealed").body["input"] == TRANSFER
        assert api.get(f"{path}/result/revealed").body["result"]["accounts"] == [ACCOUNT]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    revealed = [each for each in lines if each["message"] == "revealed"]
    assert [each["user"] for each in revealed] == [USER_ARN, USER_ARN]
    assert "input of redacted-transfer" in revealed[0]["what"]
    tells_nothing(json.dumps(lines))


@pytest.mark.parametrize("door", ["input", "result"])
def test_no_address_of_a_secret_payload_is_handed_out(
    cloud: InProcessCloud, api: InProcessApi, door: str
) -> None:
    path = submitted(api, "redacted-transfer", {**TRANSFER, "blob": "x" * 300_000})
    cloud.run()

    shown = api.get(f"{path}/{door}").body
    assert f"{door}Url" not in shown or shown[f"{door}Url"] is None
    tells_nothing(shown)
    assert shown[door]["accounts"] == [MASKED_ACCOUNT]
    assert api.get(f"{path}/{door}/revealed").body[door]["accounts"] == [ACCOUNT]


def test_a_payload_that_is_too_large_to_be_masked_is_refused(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    path = submitted(api, "redacted-transfer", {**TRANSFER, "blob": "x" * 4_500_000})

    refused = api.get(f"{path}/input")

    assert (refused.status, refused.error["code"]) == (403, "forbidden")
    assert "input/revealed" in refused.error["message"]


def test_subtasks(cloud: InProcessCloud, api: InProcessApi) -> None:
    body = {"taskType": "redacted-transfer", "input": [TRANSFER, TRANSFER]}
    code = api.post(f"{BASE}/step-function-tasks", body).body["code"]
    path = f"{BASE}/step-function-tasks/redacted-transfer/{code}"
    cloud.run()

    for door in ("", "/subtasks", "/subtasks/0", "/subtasks/0/input", "/subtasks/0/result"):
        tells_nothing(api.get(f"{path}{door}").body)
    assert api.get(f"{path}/subtasks/0/result").body["result"] == MASKED
    assert api.get(f"{path}/subtasks/1/input").body["input"]["accounts"] == [MASKED_ACCOUNT]
    assert api.get(f"{path}/subtasks/1/input/revealed").body["input"] == TRANSFER
    assert NUMBER in json.dumps(api.get(f"{path}/subtasks/1/result/revealed").body)


def test_errors_tracebacks_and_progress(cloud: InProcessCloud, api: InProcessApi) -> None:
    path = submitted(api, "redacted-fails")
    cloud.run()

    task = api.get(path).body
    assert task["status"] == "FAILED"
    error = task["attributes"]["error"]
    tells_nothing(task)
    assert NUMBER[:8] not in error["message"]  # cut off where messages end
    assert "***" in error["stack"]
    assert task["attributes"]["progress"]["message"] == "looking at ***"


def test_notifications_alarms_and_snapshots(cloud: InProcessCloud, api: InProcessApi) -> None:
    submitted(api, "redacted-transfer")
    submitted(api, "redacted-fails")
    cloud.run()

    assert len(SEEN) == 2
    assert cloud.notifications
    assert cloud.alarms
    tells_nothing([SEEN, cloud.notifications, cloud.alarms])


def test_logs_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    with logged() as cloud:
        submitted(InProcessApi(), "redacted-fails")
        submitted(InProcessApi(), "redacted-transfer")
        cloud.run()

    written = capsys.readouterr().out
    assert "attempt failed" in written
    tells_nothing(written)


def test_children_and_what_their_failure_tells_the_parent(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    path = submitted(api, "redacted-parent")
    cloud.run()

    parent = api.get(path).body
    assert parent["status"] == "FAILED"
    tells_nothing([parent, api.get(f"{path}/children").body])


def test_what_validators_say(cloud: InProcessCloud, api: InProcessApi) -> None:
    wrong = {"code": "geheim-wort"}
    refused = api.post(f"{BASE}/tasks", {"taskType": "redacted-picky", "input": wrong})
    body = {"taskType": "redacted-picky", "input": [wrong]}
    code = api.post(f"{BASE}/step-function-tasks", body).body["code"]
    cloud.run()

    subtask = api.get(f"{BASE}/step-function-tasks/redacted-picky/{code}/subtasks/0").body
    assert (refused.status, subtask["status"]) == (422, "FAILED")
    assert "*** is no number" in refused.error["message"]
    assert "*** is no number" in subtask["attributes"]["error"]["message"]
    assert "geheim-wort" not in json.dumps([refused.body, subtask])


def test_a_result_that_is_reported_from_outside(cloud: InProcessCloud, api: InProcessApi) -> None:
    path = submitted(api, "redacted-transfer")
    reported = {"status": "COMPLETED", "attributes": {"result": TRANSFER}}

    tells_nothing(api.patch(path, reported).body)
    tells_nothing([api.get(path).body, api.get(f"{path}/result").body])
    cloud.run()
    tells_nothing([SEEN, cloud.notifications])


def test_schedules(api: InProcessApi) -> None:
    body = {"taskType": "redacted-transfer", "expression": "rate(1 hour)", "input": TRANSFER}
    put = api.put(f"{BASE}/schedules/rent", body)

    assert put.status == 200
    tells_nothing([put.body, api.get(f"{BASE}/schedules").body])


def test_a_policy_for_tokens_may_deny_it() -> None:
    settings = {
        "TASKMILL_ROLE_CLAIM": "role",
        "TASKMILL_WRITE_ROLES": "operator",
        "TASKMILL_REVEAL_ROLES": "auditor",
    }
    with InProcessCloud(modules=["redacted_tasks"], environment=settings) as cloud:
        operator, auditor = (
            InProcessApi(authorizer={"jwt": {"claims": {"role": role}}})
            for role in ("operator", "auditor")
        )
        path = submitted(operator, "redacted-transfer")
        cloud.run()

        assert operator.get(f"{path}/input").status == 200
        assert operator.get(f"{path}/input/revealed").status == 403
        assert operator.get(f"{path}/result/revealed").status == 403
        assert auditor.get(f"{path}/input/revealed").body["input"] == TRANSFER


def test_a_handle_and_a_client_that_reveals_get_the_value(cloud: InProcessCloud) -> None:
    with cloud.client("mbc") as client:
        task = client.submit("redacted-transfer", TRANSFER)
        client.wait(task)

        tells_nothing(client.result(task))
        assert client.result(task, reveal=True)["accounts"] == [ACCOUNT]
        assert client.input(task, reveal=True) == TRANSFER


STACK_WIDE = {"TASKMILL_REDACT": "api_key,iban"}
UNTYPED = {"apiKey": NUMBER, "deep": [{"I-Ban": IBAN}], "open": 1}


def test_names_of_the_whole_stack_are_masked_in_types_without_hints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    SEEN.clear()
    with InProcessCloud(modules=["redacted_tasks"], environment=STACK_WIDE) as cloud:
        api = InProcessApi()
        done = submitted(api, "redacted-untyped", UNTYPED, onSuccess=["redacted-snapshot"])
        failed = submitted(api, "redacted-untyped", {**UNTYPED, "fail": True})
        cloud.run()

        masked = {"apiKey": "***", "deep": [{"I-Ban": "***"}], "open": 1}
        assert api.get(done).body["input"] == masked
        assert api.get(done).body["attributes"]["result"] == masked
        assert api.get(f"{done}/input").body["input"] == masked
        assert api.get(f"{done}/result").body["result"] == masked
        assert api.get(f"{done}/input/revealed").body["input"] == UNTYPED
        assert "***" in api.get(failed).body["attributes"]["error"]["message"]
        doors = [api.get(f"{BASE}/tasks").body, api.get(failed).body]
        tells_nothing([*doors, SEEN, cloud.notifications, cloud.alarms])
    tells_nothing(capsys.readouterr().out)


def test_of_a_type_whose_module_cannot_be_imported_all_is_masked() -> None:
    modules = {"TASKMILL_MODULES": "redacted_tasks,no_such_module"}
    with InProcessCloud(environment=modules):
        api = InProcessApi()
        body = {"taskType": "of-the-missing-module", "input": TRANSFER}
        path = f"{BASE}/tasks/of-the-missing-module/{api.post(f'{BASE}/tasks', body).body['code']}"

        assert api.get(f"{path}/input").body["input"] == "***"
        tells_nothing(api.get(path).body)


def test_a_code_called_revealed_reveals_nothing() -> None:
    with InProcessCloud(modules=["redacted_tasks"], environment=STACK_WIDE):
        api = InProcessApi()
        submitted(api, "redacted-untyped", UNTYPED, code="revealed")

        tells_nothing(api.get(f"{BASE}/tasks/redacted-untyped/revealed").body)


def test_a_view_that_is_submitted_again_does_not_become_the_secret(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    path = submitted(api, "redacted-transfer")
    shown = api.get(f"{path}/input").body["input"]

    refused = api.post(f"{BASE}/tasks", {"taskType": "redacted-transfer", "input": shown})

    assert (refused.status, refused.error["code"]) == (422, "invalid_request")
    assert "which is how secrets are shown" in refused.error["message"]


LONG = "sk_live_" + "".join(f"{each:02}" for each in range(40))
LONG_ACCOUNT = {"holder": "Ada", "number": LONG}


@pytest.mark.parametrize("task_type", ["redacted-quoted", "redacted-group"])
def test_a_long_secret_that_is_quoted_in_part(
    cloud: InProcessCloud, api: InProcessApi, task_type: str
) -> None:
    path = submitted(api, task_type, LONG_ACCOUNT)
    cloud.run()

    task = api.get(path).body
    told = json.dumps([task, api.get(f"{BASE}/failures").body, cloud.alarms])
    assert task["status"] == "FAILED"
    assert "***" in task["attributes"]["error"]["message"]
    assert LONG[:8] not in told
    assert LONG[-8:] not in told


@pytest.mark.parametrize("task_type", ["redacted-picky-result", "redacted-picky-parent"])
def test_what_validators_say_of_results_and_of_inputs_of_children(
    cloud: InProcessCloud, api: InProcessApi, task_type: str
) -> None:
    path = submitted(api, task_type, "geheim")
    cloud.run()

    error = api.get(path).body["attributes"]["error"]
    assert "code: *** is no number" in error["message"]
    assert "geheim-wort" not in json.dumps([error, cloud.alarms, api.get(f"{BASE}/errors").body])


def test_schemas_of_types_have_no_presets_of_secret_fields(api: InProcessApi) -> None:
    (preset,) = (
        each for each in api.get(f"{BASE}/types").body["types"] if each["type"] == "redacted-preset"
    )

    assert "preset-1" not in json.dumps(preset["inputSchema"])
    assert '"preset-' not in json.dumps(preset["inputSchema"])
    assert preset["inputSchema"]["properties"]["region"]["default"] == "eu-west-1"


def test_an_element_that_was_copied_from_a_view_is_not_run(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    body = {"taskType": "redacted-transfer", "input": [TRANSFER, {"accounts": [MASKED_ACCOUNT]}]}
    code = api.post(f"{BASE}/step-function-tasks", body).body["code"]
    cloud.run()

    path = f"{BASE}/step-function-tasks/redacted-transfer/{code}"
    first, second = (api.get(f"{path}/subtasks/{index}").body for index in (0, 1))
    assert (first["status"], second["status"]) == ("COMPLETED", "FAILED")
    assert "which is how secrets are shown" in second["attributes"]["error"]["message"]
