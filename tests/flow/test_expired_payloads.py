"""A payload that has expired while its task still exists is one error, whoever looks for it."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from clouds import TENANT, fan_out, get, submit
from network import URL, Network
from typer.testing import CliRunner, Result

from taskmill import MapHandle, TaskHandle, connected
from taskmill.cli.app import app
from taskmill.client import TaskClient
from taskmill.errors import PayloadMissing
from taskmill.model.keys import TaskKey
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

LARGE = 200_000  # bytes; lies in the bucket
SMALL = 2_000  # lies in a row of its own


@pytest.fixture
def run(cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    network = Network(cloud, idle=True)
    start = ("--url", URL, "--tenant", TENANT)
    return lambda *words: CliRunner().invoke(app, (*start, *words), obj=network)


def forget(cloud: InProcessCloud) -> None:
    """Expire all payloads: objects, and rows of payloads."""
    cloud.bucket.objects.clear()
    for item in cloud.table.scan()["Items"]:
        if item["row"]["S"] == "PAYLOAD":
            cloud.table.delete_item(Key={name: item[name] for name in ("pk", "sk")})


def ended(cloud: InProcessCloud, task_type: str = "sized", value: Any = LARGE) -> TaskKey:
    """A task that has ended, and whose payloads have expired."""
    key = submit(cloud, task_type, value)
    cloud.run()
    forget(cloud)
    return key


def path_of(key: TaskKey) -> str:
    return f"/v1/tenants/{TENANT}/tasks/{key.type}/{key.code}"


def test_the_api_does_not_answer_a_result_with_a_dead_link(cloud: InProcessCloud) -> None:
    key = ended(cloud)

    answer = InProcessApi().get(f"{path_of(key)}/result")

    assert (answer.status, answer.error["code"]) == (410, "payload_expired")
    assert answer.error["message"] == f"the result of {key.label} has expired"
    (detail,) = answer.error["details"]
    assert (detail["field"], detail["pk"], detail["sk"]) == ("result", key.pk, key.sk)


def test_the_result_of_a_subtask_neither(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "sized", [LARGE])
    cloud.run()
    forget(cloud)
    path = f"/v1/tenants/{TENANT}/step-function-tasks/sized/{key.code}/subtasks/0/result"

    answer = InProcessApi().get(path)

    assert (answer.status, answer.error["code"]) == (410, "payload_expired")
    assert key.subtask(0).label in answer.error["message"]


@pytest.mark.parametrize(
    ("task_type", "value", "expired"),
    [
        ("sized", LARGE, ["result"]),
        ("echo", "x" * LARGE, ["input", "result"]),
        ("measure", "x" * LARGE, ["input"]),
        ("measure", "x" * SMALL, ["input"]),
        ("measure", "x", None),
    ],
)
def test_a_task_says_what_of_it_has_expired(
    cloud: InProcessCloud, task_type: str, value: Any, expired: Any
) -> None:
    key = submit(cloud, task_type, value)
    cloud.run()
    assert InProcessApi().get(path_of(key)).body["expired"] is None

    forget(cloud)

    assert InProcessApi().get(path_of(key)).body["expired"] == expired


def test_the_client_raises_it(cloud: InProcessCloud, client: TaskClient) -> None:
    key = ended(cloud)

    with pytest.raises(PayloadMissing, match=f"^the result of {key.label} has expired$") as gone:
        client.result(key)

    assert gone.value.details["field"] == "result"


def test_the_client_raises_it_too_if_the_result_expires_before_the_download(
    cloud: InProcessCloud, client: TaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ended(cloud)
    monkeypatch.setattr(type(cloud.wiring.payloads), "exists", lambda *_: True)

    with pytest.raises(PayloadMissing, match=f"^the result of {key.label} has expired$"):
        client.result(key)


@pytest.mark.parametrize("over_http", [False, True])
def test_handles_raise_it(cloud: InProcessCloud, client: TaskClient, *, over_http: bool) -> None:
    key = ended(cloud)
    many = fan_out(cloud, "sized", [LARGE, LARGE])
    cloud.run()
    forget(cloud)

    def look() -> None:
        for read in (TaskHandle.of(key).result, TaskHandle.of(key).wait):
            with pytest.raises(PayloadMissing, match=f"^the result of {key.label} has expired$"):
                read()
        with pytest.raises(
            PayloadMissing, match=f"the result of {many.subtask(0).label} has expired"
        ):
            list(MapHandle.of(many).results())

    if over_http:
        with connected(client):
            look()
    else:
        look()


def test_the_command_line_says_it_and_exits_with_3(
    cloud: InProcessCloud, run: Callable[..., Result]
) -> None:
    key = ended(cloud, "echo", "x" * LARGE)

    result, shown = run("result", "echo", key.code), run("get", "echo", key.code)

    assert (result.exit_code, result.output) == (
        3,
        f"taskmill: the result of {key.label} has expired\n",
    )
    assert shown.exit_code == 0
    assert shown.output.count("(expired)") == 2


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_worker_fails_the_task_at_once(cloud: InProcessCloud, size: int) -> None:
    key = submit(cloud, "echo", "x" * size)
    forget(cloud)

    cloud.run()

    task = get(cloud, key)
    error: Any = task.attributes["error"]
    assert (str(task.status), task.attempts) == ("FAILED", 1)
    assert error["type"] == "PayloadMissing"
    assert error["message"] == f"the input of {key.label} has expired"


def test_a_batch_asks_once_for_an_object_that_is_gone(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", ["x" * SMALL] * 30, batch_size=30, tolerated_failures=30)
    cloud.deliver_records()
    assert cloud.player.ready()
    cloud.player.step()  # split
    forget(cloud)
    cloud.meter.calls.clear()

    cloud.run()

    subtasks = cloud.service.get_all_sub_task(key=key)
    assert {str(each.status) for each in subtasks} == {"FAILED"}
    for each in subtasks:
        error: Any = each.attributes["error"]
        assert error["message"] == f"the input of {each.key.label} has expired"
    assert cloud.meter.calls["s3.get_object"] == 1  # by the batch; their rows say that it is gone


def test_a_fan_out_whose_input_expired_before_its_split_fails_with_the_reason(
    cloud: InProcessCloud,
) -> None:
    key = fan_out(cloud, "echo", ["x" * SMALL] * 3)
    forget(cloud)

    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    assert get(cloud, key).status == "FAILED"
    assert f"the input of {key.label} has expired" in error["message"]


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_retry_is_refused_and_changes_nothing(cloud: InProcessCloud, size: int) -> None:
    key = ended(cloud, "fails", "x" * size)

    answer = InProcessApi().post(f"{path_of(key)}/retry")

    assert (answer.status, answer.error["code"]) == (410, "payload_expired")
    assert answer.error["message"] == f"the input of {key.label} has expired"
    assert get(cloud, key).status == "FAILED"


def test_a_retry_of_a_fan_out_that_was_not_split_is_refused_too(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", ["x" * SMALL] * 3)
    cloud.service.cancel(key=key)
    forget(cloud)

    with pytest.raises(PayloadMissing, match=f"^the input of {key.label} has expired$"):
        cloud.service.retry(key=key)


def test_a_parent_that_reads_an_expired_result_of_its_child_fails_with_it(
    cloud: InProcessCloud,
) -> None:
    key = submit(cloud, "reads-a-large-child")
    while get(cloud, key).status != "WAITING":
        assert cloud.step()
    while get(cloud, key).status == "WAITING":
        forget(cloud)
        assert cloud.step()
    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    (child,) = cloud.service.list_children(key=key)
    assert (str(get(cloud, key).status), error["type"]) == ("FAILED", "PayloadMissing")
    assert error["message"] == f"the result of {child.key.label} has expired"


def refusal(operation: str, status: int, code: str, message: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        operation,
    )


@pytest.mark.parametrize(
    ("refused", "is_gone"),
    [
        (refusal("GetObject", 404, "NoSuchKey", "The specified key does not exist."), True),
        (refusal("HeadObject", 404, "404", "Not Found"), True),
        (refusal("HeadObject", 403, "403", "Forbidden"), True),
        (
            refusal(
                "GetObject",
                403,
                "AccessDenied",
                "User: arn:aws:sts::1:assumed-role/R is not authorized to perform: s3:ListBucket",
            ),
            True,
        ),
        (
            refusal("GetObject", 403, "AccessDenied", "not allowed to kms:Decrypt"),
            False,
        ),
        (refusal("GetObject", 403, "InvalidAccessKeyId", "The key does not exist"), False),
        (refusal("GetObject", 503, "SlowDown", "Please reduce your request rate."), False),
    ],
)
def test_only_what_s3_says_of_missing_objects_is_taken_for_expiry(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch, refused: ClientError, *, is_gone: bool
) -> None:
    def refuse(**_: Any) -> Any:
        raise refused

    monkeypatch.setattr(cloud.bucket, "get_object", refuse)
    monkeypatch.setattr(cloud.bucket, "head_object", refuse)

    payloads = cloud.wiring.payloads
    if refused.operation_name == "HeadObject":
        assert payloads.exists("results/x") is False
        return
    with pytest.raises(PayloadMissing if is_gone else ClientError):
        payloads.get("results/x")
