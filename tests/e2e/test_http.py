"""The HTTP API as deployed: who may call, what lists give, how errors look."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import httpx
import pytest
from deployed import Outputs, call, ended, stored_row

from taskmill.client import NewTask, TaskClient
from taskmill.errors import Forbidden, IdempotencyConflict, TaskNotFound
from taskmill.model.keys import Kind, TaskKey

Aws = Callable[[str], Any]


@pytest.fixture
def confined(client: TaskClient, stack: Outputs, aws: Aws) -> Iterator[botocore.session.Session]:
    """An AWS user whose policy opens the paths of the test's tenant only."""
    iam, name = aws("iam"), f"of-{client.tenant}"
    paths = f"arn:aws:execute-api:{stack['Region']}:000000000000:{stack['ApiId']}/*/*/v1/tenants"
    statement = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": f"{paths}/{client.tenant}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="tenant", PolicyDocument=policy)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    yield session(made["AccessKeyId"], made["SecretAccessKey"])
    iam.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="tenant")
    iam.delete_user(UserName=name)


def session(access_key_id: str, secret: str) -> botocore.session.Session:
    made = botocore.session.Session()
    made.set_credentials(access_key_id, secret)
    return made


def caller(stack: Outputs, tenant: str, session: botocore.session.Session) -> TaskClient:
    url, region = stack["ApiUrl"], stack["Region"]
    return TaskClient(url, tenant=tenant, session=session, region=region, outputs={})


def test_a_caller_confined_to_its_tenant_works_there(
    client: TaskClient, stack: Outputs, confined: botocore.session.Session
) -> None:
    with caller(stack, client.tenant, confined) as own:
        task = ended(own, own.submit("echo", 1))

    assert task.status == "COMPLETED"
    assert str(task.created_by).endswith(f":user/of-{client.tenant}")


def test_a_caller_confined_to_its_tenant_reads_and_writes_no_other(
    client: TaskClient, stack: Outputs, confined: botocore.session.Session
) -> None:
    with caller(stack, "somebody-else", confined) as other:
        for attempt in (
            lambda: other.submit("echo"),
            lambda: next(other.list()),
            lambda: other.map("echo", [1]),
            lambda: other.get("echo", "any-code"),
        ):
            with pytest.raises(Forbidden):
                attempt()


def test_a_wrong_secret_is_refused(
    client: TaskClient, stack: Outputs, confined: botocore.session.Session
) -> None:
    forged = session(confined.get_credentials().access_key, "not-the-secret")

    with caller(stack, client.tenant, forged) as stranger, pytest.raises(Forbidden):
        stranger.submit("echo")


def test_tasks_of_another_tenant_are_not_found(client: TaskClient, outputs_file: Any) -> None:
    task = client.submit("echo", idempotency_key="same")

    with TaskClient.from_outputs(outputs_file, tenant=f"{client.tenant}-2") as other:
        with pytest.raises(TaskNotFound):
            other.get("echo", task.code)
        assert list(other.list()) == []
        assert other.submit("echo", idempotency_key="same").code != task.code


def test_only_health_is_open_to_who_does_not_sign(client: TaskClient, stack: Outputs) -> None:
    with httpx.Client(trust_env=False) as stranger:
        health = stranger.get(f"{stack['ApiUrl']}/health")
        refused = [
            stranger.request(method, f"{stack['ApiUrl']}{path}").status_code
            for method, path in (
                ("GET", "/openapi.json"),
                ("GET", f"/v1/tenants/{client.tenant}/tasks"),
                ("POST", f"/v1/tenants/{client.tenant}/tasks"),
                ("GET", "/nowhere"),
            )
        ]

    assert health.status_code == 200
    assert refused == [403] * 4


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_list_pages_to_its_end(client: TaskClient, order: str) -> None:
    stored = client.submit_many(
        NewTask(task_type="echo", code=f"task-{number:03}") for number in range(60)
    )
    fan_out = ended(client, client.map("echo", range(10)))

    sizes, found = [], []
    cursor = ""
    while cursor is not None:
        query = f"limit=7&order={order}" + (f"&cursor={cursor}" if cursor else "")
        page = call(client, "GET", f"tasks?{query}").json()
        sizes.append(len(page["items"]))
        found += [each["code"] for each in page["items"]]
        cursor = page["cursor"] and page["cursor"].replace("#", "%23")

    codes = sorted(each.code for each in stored)
    assert found == (codes if order == "asc" else codes[::-1])
    assert sizes[:8] == [7] * 8
    listed = [each.code for each in client.list(kind=Kind.SFN_TASK, page_size=7)]
    assert listed == [fan_out.code]  # its subtasks are not among them


def test_a_list_is_narrowed_by_type_and_status(client: TaskClient) -> None:
    good = ended(client, client.submit("odd-fails", 2))
    bad = ended(client, client.submit("odd-fails", 3))
    ended(client, client.submit("echo"))

    assert {each.code for each in client.list("odd-fails")} == {good.code, bad.code}
    assert [each.code for each in client.list(status="FAILED")] == [bad.code]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_line", "body", "refusal"),
    [
        ("GET tasks/echo/none", None, "404 not_found"),
        ("GET step-function-tasks/echo/none/subtasks/0", None, "404 not_found"),
        ("GET nowhere", None, "404 no_such_route"),
        ("POST tasks", b"{", "400 malformed_body"),
        ("POST tasks", {"input": 1}, "422 invalid_request"),
        ("POST tasks", {"taskType": "a#b"}, "422 invalid_request"),
        ("POST tasks", {"taskType": "typed", "input": {"value": "x"}}, "422 invalid_request"),
        ("POST step-function-tasks", {"taskType": "echo"}, "422 invalid_request"),
        ("GET tasks?limit=0", None, "422 invalid_request"),
        ("GET tasks/a%23b/code", None, "400 invalid_key"),
        ("POST tasks/echo/none/cancel", None, "404 not_found"),
        ("PATCH tasks/echo/none", {"status": "STARTED"}, "404 not_found"),
        ("PUT tasks", {}, "405 method_not_allowed"),
    ],
)
def test_every_error_has_the_one_shape(
    client: TaskClient, request_line: str, body: Any, refusal: str
) -> None:
    answer = call(client, *request_line.split(" "), body)

    assert set(answer.json()) == {"error"}
    error = answer.json()["error"]
    assert f"{answer.status_code} {error['code']}" == refusal
    assert error["message"]
    assert isinstance(error["details"], list)


def test_an_update_of_a_missing_task_leaves_no_row(client: TaskClient, stack: Outputs) -> None:
    key = TaskKey(Kind.TASK, client.tenant, "echo", "ghost")

    with pytest.raises(TaskNotFound):
        client.update_status(key, "COMPLETED", attributes={"result": 1})

    assert stored_row(stack, key) is None


def test_the_result_of_a_task_that_has_none_is_a_conflict(client: TaskClient) -> None:
    task = ended(client, client.submit("aborts"))

    answer = call(client, "GET", f"tasks/aborts/{task.code}/result")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_an_idempotency_key_gives_the_same_task_and_guards_its_request(client: TaskClient) -> None:
    first = client.submit("echo", 1, idempotency_key="r-17")

    assert client.submit("echo", 1, idempotency_key="r-17").code == first.code
    with pytest.raises(IdempotencyConflict):
        client.submit("echo", 2, idempotency_key="r-17")
    assert len(list(client.list())) == 1
