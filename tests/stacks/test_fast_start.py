"""Who sends the messages of new tasks: the functions that store them, or the dispatcher alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_cdk import App, Duration
from aws_cdk.assertions import Template
from benchmarks.ledger.stream import FILTERS, matches

from taskmill_cdk import TaskStack

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]
Allowed = Callable[[Template, str], dict[str, set[str]]]


def test_a_stack_can_leave_all_sending_to_its_dispatcher(allowed: Allowed) -> None:
    """And it can let messages wait in a worker for longer; one synthesis for both."""
    stack = TaskStack(
        App(context=CONTEXT),
        "Slow",
        fast_start=False,
        hand_back_after=Duration.seconds(5),
        build_folder=ROOT / ".build",
    )
    template = Template.from_stack(stack)

    functions = template.find_resources("AWS::Lambda::Function").values()
    variables = [each["Properties"]["Environment"]["Variables"] for each in functions]
    assert not [each for each in variables if "TASKMILL_FAST_START" in each]
    assert {
        each["TASKMILL_HAND_BACK_SECONDS"] for each in variables if "TASKMILL_TABLE" in each
    } == {"5"}
    by_queue = allowed(template, "ApiHandlerRole").items()
    told = {queue for queue, actions in by_queue if "sqs:GetQueueAttributes" in actions}
    sent_to = {queue for queue, actions in by_queue if "sqs:SendMessage" in actions}
    assert len(told) > len(sent_to)  # their health
    assert sent_to == {"DispatcherFailureQueue"}  # a redrive's destination


def wakes_the_dispatcher(status: str, *, before: str | None = None, row: str = "TASK") -> bool:
    """Whether one of the filters lets a change through; a test compares them with the stack's."""
    new = {"row": {"S": row}, "notify": {"S": "each"}, "status": {"S": status}}
    images: dict[str, Any] = {"NewImage": new}
    if before is not None:
        images["OldImage"] = (
            {"status": {"S": before}} if before != "VOID" else {"row": {"S": before}}
        )
    return any(matches(pattern, {"dynamodb": images}) for pattern in FILTERS)


def test_a_task_that_was_sent_already_wakes_nobody_until_it_starts() -> None:
    assert not wakes_the_dispatcher("QUEUED")
    assert not wakes_the_dispatcher("SCHEDULED")
    assert wakes_the_dispatcher("STARTED", before="QUEUED")
    assert wakes_the_dispatcher("COMPLETED", before="STARTED")


def test_one_that_was_not_sent_wakes_it_also_over_a_tombstone() -> None:
    assert wakes_the_dispatcher("CREATED")
    assert wakes_the_dispatcher("CREATED", before="VOID")
    assert wakes_the_dispatcher("QUEUED", before="CREATED")  # the notification
    assert wakes_the_dispatcher("CREATED", before="FAILED")


def test_of_subtasks_all_is_told_but_that_they_are_created() -> None:
    assert not wakes_the_dispatcher("CREATED", row="SUBTASK")
    assert not wakes_the_dispatcher("CREATED", before="FAILED", row="SUBTASK")
    assert wakes_the_dispatcher("QUEUED", row="SUBTASK")  # reported, of one without a row
    assert wakes_the_dispatcher("COMPLETED", row="SUBTASK")
    assert wakes_the_dispatcher("COMPLETED", row="SFN_TASK")
