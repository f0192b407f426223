"""Processes die, hang and time out; every task still comes to its true end.

What these tests wait for was begun before all others: see `under_way`.
"""

from typing import Any

from deployed import Inbox, ended, error_of, eventually

LONG = 120.0  # seconds: three leases run out one after the other


def test_a_task_whose_worker_was_killed_completes_in_another_attempt(under_way: Any) -> None:
    task = ended(under_way.client, under_way.dies_once, seconds=LONG)

    # A task that ran beside `dies` loses one attempt more.
    assert task.status == "COMPLETED"
    assert task.attempts in (2, 3)
    assert [str(each.status) for each in task.history].count("STARTED") == task.attempts


def test_a_task_that_kills_every_worker_fails_with_its_attempts_spent(under_way: Any) -> None:
    task = ended(under_way.client, under_way.dies, seconds=LONG)

    assert (task.status, task.attempts) == ("FAILED", 2)
    assert error_of(task)["type"] == "AttemptsSpent"


def test_a_task_that_ignores_its_time_limit_fails_once_lambda_has_stopped_it(
    under_way: Any,
) -> None:
    task = ended(under_way.client, under_way.hangs, seconds=LONG)

    assert (task.status, task.attempts) == ("FAILED", 1)
    assert error_of(task)["type"] == "AttemptsSpent"


def test_a_subtask_that_kills_its_worker_fails_and_its_siblings_complete(under_way: Any) -> None:
    client = under_way.client
    task = ended(client, under_way.one_kills, seconds=LONG)

    ends = [str(each.status) for each in client.subtasks(task)]
    assert ends == ["COMPLETED"] * 4 + ["FAILED"] + ["COMPLETED"] * 4
    killer = client.get(task.key.subtask(4))
    assert error_of(killer)["type"] == "AttemptsSpent"
    assert task.status == "FAILED"
    assert task.attributes["counts"] == {"total": 9, "completed": 8, "failed": 1, "cancelled": 0}


def test_a_batch_that_lambda_stopped_ends_with_true_counts(under_way: Any) -> None:
    client = under_way.client
    task = ended(client, under_way.one_hangs, seconds=LONG)

    ends = [str(each.status) for each in client.subtasks(task)]
    assert ends == ["COMPLETED", "FAILED", "COMPLETED"]
    assert task.status == "COMPLETED"  # one failure is tolerated


def test_a_task_whose_message_died_fails_and_raises_the_alarm(
    under_way: Any, alarms: Inbox
) -> None:
    # Its message is sent again three times before the task is given up.
    task = ended(under_way.client, under_way.dies_for_ever, seconds=4 * LONG)

    assert task.status == "FAILED"
    assert error_of(task)["type"] == "DeadLetter"
    (alarm,) = eventually(lambda: alarms.of(task.key))
    assert alarm["body"]["content"]["errorDetails"]["type"] == "DeadLetter"
