"""What SNS tells: to an SQS queue, wrapped and raw, and by a filter policy."""

from typing import Any

from deployed import Inbox, Outputs, ended, eventually

from taskmill.client import TaskClient


def statuses(messages: list[dict[str, Any]]) -> list[str]:
    return [each["body"]["content"]["status"] for each in messages]


def test_every_status_of_a_task_is_told_in_the_documented_shape(
    client: TaskClient, stack: Outputs, news: Inbox
) -> None:
    task = ended(client, client.submit("echo", {"n": 1}))

    told = eventually(lambda: _when(news, task, 2))

    assert statuses(told) == ["STARTED", "COMPLETED"]
    assert told[-1] == {
        "body": {
            "action": "task-status",
            "pk": task.pk,
            "sk": task.sk,
            "table": stack["TableName"],
            "id": f"{task.sk}@{task.version}",
            "tenantCode": client.tenant,
            "content": {"status": "COMPLETED", "attributes": {"result": {"n": 1}}},
        },
        "attributes": {
            "action": "task-status",
            "tenantCode": client.tenant,
            "taskType": "echo",
            "status": "COMPLETED",
        },
    }


def test_every_subtask_s_end_is_told(client: TaskClient, news: Inbox) -> None:
    task = ended(client, client.map("odd-fails", [0, 1], tolerated_failures=1))

    for index, status in enumerate(["COMPLETED", "FAILED"]):
        key = task.key.subtask(index)
        (told,) = eventually(lambda key=key: news.of(key))  # type: ignore[misc]
        assert told["body"]["action"] == "sub-task-status"
        assert told["body"]["content"]["status"] == status
        assert told["attributes"]["status"] == status


def test_progress_is_told(client: TaskClient, news: Inbox) -> None:
    task = client.map("echo", range(40), batch_size=10, notify="progress")
    ended(client, task)

    told = eventually(lambda: news.of(task.key, action="task-progress"))

    done = [each["body"]["content"]["attributes"]["counts"]["completed"] for each in told]
    assert done == sorted(done)
    assert set(done) <= {10, 20, 30, 40}
    assert news.of(task.key.subtask(0)) == []


def test_a_silent_task_is_not_told_of(client: TaskClient, news: Inbox) -> None:
    silent = ended(client, client.submit("echo", notify="none"))
    heard = ended(client, client.submit("echo"))

    eventually(lambda: _when(news, heard, 2))
    assert news.of(silent.key) == []


def test_a_failed_task_raises_one_alarm_with_its_error(client: TaskClient, alarms: Inbox) -> None:
    task = ended(client, client.submit("odd-fails", 7))

    (alarm,) = eventually(lambda: alarms.of(task.key))

    content = alarm["body"]["content"]
    assert alarm["attributes"] == {
        "action": "sfn-alarm",
        "tenantCode": client.tenant,
        "taskType": "odd-fails",
        "status": "FAILED",
    }
    assert content["errorMessage"] == "7 is odd"
    assert set(content["errorDetails"]) == {"type", "message", "stack"}


def test_a_subscriber_may_ask_raw_for_failures_only(client: TaskClient, stack: Outputs) -> None:
    policy = {"status": ["FAILED"], "action": ["task-status"], "tenantCode": [client.tenant]}
    failures = Inbox(stack, "StatusTopicArn", raw=True, policy=policy)

    good = ended(client, client.submit("echo"))
    bad = ended(client, client.submit("aborts"))

    (told,) = eventually(lambda: failures.of(bad.key))
    assert told["body"]["content"]["attributes"]["error"]["type"] == "Abort"
    assert failures.of(good.key) == []
    assert len(failures.all) == 1


def test_alarms_are_told_wrapped_too(client: TaskClient, stack: Outputs) -> None:
    wrapped = Inbox(stack, "AlarmTopicArn", raw=False, policy={"tenantCode": [client.tenant]})

    task = ended(client, client.submit("aborts"))

    (alarm,) = eventually(lambda: wrapped.of(task.key))
    assert alarm["attributes"]["action"] == "sfn-alarm"


def test_a_caller_may_name_the_notification_of_its_change(client: TaskClient, news: Inbox) -> None:
    task = client.submit("for-a-container", delay_seconds=3_600)

    client.update_status(task, "COMPLETED", notify_id="my-own-id")

    told = eventually(lambda: [each for each in news.of(task.key) if _is_end(each)])
    assert told[-1]["body"]["id"] == "my-own-id"


def _is_end(message: dict[str, Any]) -> bool:
    return bool(message["body"]["content"]["status"] == "COMPLETED")


def _when(inbox: Inbox, task: Any, count: int) -> list[dict[str, Any]]:
    told = inbox.of(task.key)
    return told if len(told) >= count else []
