"""A1 to A16: everything the task package does that taskmill takes over, on the deployed stack.

The Python service runs in this process, on the deployed table, bucket and topic.
"""

from typing import Any

import pytest
from deployed import Inbox, Outputs, aws_client, ended, eventually, log_lines, stream_records

from taskmill.client import TaskClient
from taskmill.errors import TaskNotFound
from taskmill.events import StepFunctionTaskEvent, TaskEvent, TaskQueueEvent
from taskmill.model.statuses import Status
from taskmill.models import (
    CreateStepFunctionTask,
    CreateTask,
    InvokeContext,
    ListOptions,
    SkCondition,
    Task,
)
from taskmill.service import TaskService


def create(service: TaskService, tenant: str, task_type: str, value: Any = None) -> Task:
    task = CreateTask(tenant_code=tenant, task_type=task_type, input=value)
    return service.create_task(task=task)


def fan_out(service: TaskService, tenant: str, elements: list[Any], **options: Any) -> Task:
    task = CreateStepFunctionTask(
        tenant_code=tenant, task_type="odd-fails", input=elements, **options
    )
    return service.create_step_function_task(task=task)


def held(client: TaskClient) -> Task:
    """A task that no worker takes before this test has ended."""
    return client.submit("for-a-container", delay_seconds=3_600)


def test_a1_create_task_stores_who_asked_and_runs_it(
    service: TaskService, client: TaskClient
) -> None:
    task = CreateTask(tenant_code=client.tenant, task_type="echo", input={"a": 1})
    asked = InvokeContext(user="ann", source_ip="192.0.2.1", request_id="r-1")

    stored = service.create_task(task=task, invoke_context=asked)

    assert stored.name == "echo"
    done = ended(client, stored)
    assert (done.created_by, done.created_ip, done.request_id) == ("ann", "192.0.2.1", "r-1")
    assert done.attributes["result"] == {"a": 1}


def test_a2_create_step_function_task_makes_a_subtask_of_each_element(
    service: TaskService, client: TaskClient
) -> None:
    stored = fan_out(service, client.tenant, [2, 4, 6])

    assert ended(client, stored).status == "COMPLETED"
    results = [each.attributes["result"] for each in client.subtasks(stored)]
    assert results == [2, 4, 6]


def test_a3_get_task(service: TaskService, client: TaskClient) -> None:
    task = held(client)

    assert service.get_task(key={"pk": task.pk, "sk": task.sk}).code == task.code
    with pytest.raises(TaskNotFound):
        service.get_task(key={"pk": task.pk, "sk": f"{task.sk}-not"})


def test_a4_list_items_by_pk_with_a_condition_a_start_a_limit_and_an_order(
    service: TaskService, client: TaskClient
) -> None:
    for code in ("a-1", "a-2", "a-3", "b-1"):
        client.update_status(held_as(service, client.tenant, code), "CANCELLED")
    fan_out(service, client.tenant, [])
    condition = SkCondition(
        expression="begins_with(#sk, :sk)",
        attribute_values={":sk": "echo#a-"},
        attribute_names={"#sk": "sk"},
    )

    first = service.list_items_by_pk(
        tenant_code=client.tenant,
        type="TASK",
        options=ListOptions(sk=condition, limit=2, order="asc"),
    )
    rest = service.list_items_by_pk(
        tenant_code=client.tenant,
        options=ListOptions(sk=condition, limit=2, order="asc", start_from_sk=first.last_sk),
    )

    assert [each.code for each in first.items] == ["a-1", "a-2"]
    assert first.last_sk == "echo#a-2"
    assert ([each.code for each in rest.items], rest.last_sk) == (["a-3"], None)
    sfn = service.list_items_by_pk(tenant_code=client.tenant, type="SFN_TASK")
    assert len(sfn.items) == 1


def test_a5_create_sub_task_stores_a_row_per_element_and_again_changes_nothing(
    service: TaskService, client: TaskClient
) -> None:
    parent = fan_out(service, client.tenant, [0, 2])
    ended(client, parent)
    event = StepFunctionTaskEvent.from_state_machine_input(parent.key.as_dict())

    subtasks = service.create_sub_task(event=event)

    assert [each.sk for each in subtasks] == [f"{parent.sk}#0", f"{parent.sk}#1"]
    assert {each.status for each in subtasks} == {"COMPLETED"}


def test_a6_get_all_sub_task_goes_past_every_page(service: TaskService, client: TaskClient) -> None:
    parent = fan_out(service, client.tenant, [0] * 1_100, batch_size=400, notify="none")
    ended(client, parent)

    every = service.get_all_sub_task(key=parent.key.subtask(700))

    assert [each.index for each in every] == list(range(1_100))


def test_a7_update_status_is_announced(
    service: TaskService, client: TaskClient, news: Inbox
) -> None:
    task = held(client)

    service.update_status(
        key=task.key, status="COMPLETED", attributes={"result": [1]}, notify_id="n-7"
    )

    (told,) = eventually(lambda: [e for e in news.of(task.key) if e["body"]["id"] == "n-7"])
    assert told["body"]["action"] == "task-status"
    assert told["body"]["content"] == {"status": "COMPLETED", "attributes": {"result": [1]}}


def test_a8_update_sub_task_status_is_announced_as_such(
    service: TaskService, client: TaskClient, news: Inbox
) -> None:
    parent = client.map("slow", [3.0], notify="each")
    eventually(lambda: service.tasks.get(parent.key).split_run)
    key = parent.key.subtask(0)

    service.update_sub_task_status(
        key=key, status="FAILED", attributes={"error": "by hand"}, notify_id="n-8"
    )

    told = eventually(lambda: [e for e in news.of(key) if e["body"]["id"] == "n-8"])
    assert told[0]["body"]["action"] == "sub-task-status"
    assert told[0]["body"]["content"]["attributes"]["error"]["message"] == "by hand"
    done = ended(client, parent)
    assert client.get(key).status == "FAILED"
    assert done.attributes["counts"]["failed"] == 1  # type: ignore[index, call-overload]


def test_a9_update_step_function_task_keeps_the_callers_attributes(
    service: TaskService, client: TaskClient
) -> None:
    parent = fan_out(service, client.tenant, [0, 2, 4])

    service.update_step_function_task(key=parent.key, attributes={"note": "mine"})

    done = ended(client, parent)
    assert done.attributes["note"] == "mine"
    assert done.attributes["counts"]["completed"] == 3  # type: ignore[index, call-overload]


def test_a10_publish_alarm_names_the_task_and_its_error(
    service: TaskService, client: TaskClient, alarms: Inbox
) -> None:
    task = held(client)
    event = TaskQueueEvent(key=task.key)

    service.publish_alarm(event=event, error_details=ValueError("look here"))

    (alarm,) = eventually(lambda: alarms.of(task.key))
    assert alarm["body"]["action"] == "sfn-alarm"
    assert alarm["body"]["tenantCode"] == client.tenant
    assert alarm["body"]["content"]["errorMessage"] == "look here"


def test_a11_format_task_status_counts(service: TaskService, client: TaskClient) -> None:
    parent = fan_out(service, client.tenant, [0, 1, 2], tolerated_failures=1)
    ended(client, parent)

    summary = service.format_task_status(tasks=service.get_all_sub_task(key=parent.key))

    said = summary.model_dump(by_alias=True, mode="json")
    lines = said.pop("subTasks")
    assert said == {
        "subTaskCount": 3,
        "subTaskSucceedCount": 2,
        "subTaskFailedCount": 1,
        "subTaskRunningCount": 0,
    }
    assert lines[1] == {"pk": parent.pk, "sk": f"{parent.sk}#1", "status": "FAILED"}


def test_a12_the_eight_statuses_can_all_be_had(service: TaskService, client: TaskClient) -> None:
    task = create(service, client.tenant, "echo")
    seen = {str(each.status) for each in ended(client, task).history}
    outside = held(client)
    for status in ("QUEUED", "STARTED", "PROCESSING", "ERRORED", "FAILED"):
        seen.add(str(service.update_status(key=outside.key, status=status).status))
    finished = held(client)  # it has no children, so the dispatcher completes it
    seen.add(str(service.update_status(key=finished.key, status="FINISHED").status))
    assert ended(client, finished).status == "COMPLETED"

    eight = "CREATED QUEUED STARTED PROCESSING FINISHED COMPLETED ERRORED FAILED"
    assert seen >= set(eight.split())
    assert set(Status) >= set(eight.split())


def test_a13_a_factory_turns_tasks_into_events_for_any_number_of_handlers(
    client: TaskClient,
) -> None:
    letter = ended(client, client.submit("letter", {"to": "Ann"}))
    letters = ended(client, client.map("letter", [{"to": "Bob"}, {"to": "Eve"}]))

    assert client.result(letter) == ["stamped for Ann", "sent to Ann"]
    results = [client.result(each) for each in client.subtasks(letters)]
    assert results == ["letter 0 to Bob", "letter 1 to Eve"]


def test_a14_only_an_insert_of_a_task_starts_one(client: TaskClient, stack: Outputs) -> None:
    task = ended(client, client.submit("echo"))
    parent = ended(client, client.map("echo", [1]))

    starts = [
        [TaskEvent.from_dynamodb_record(each).starts_task for each in stream_records(stack, key)]
        for key in (task.key, parent.key, parent.key.subtask(0))
    ]

    assert [each.count(True) for each in starts] == [1, 1, 0]
    assert [each[0] for each in starts] == [True, True, False]


def test_a15_the_stack_takes_a_factory_and_leaves_the_api_out_where_told(
    client: TaskClient, stack: Outputs
) -> None:
    """The second half is shown on the template: `test_the_api_can_be_left_out`."""
    functions = aws_client(stack, "lambda")
    worker = functions.get_function_configuration(FunctionName=stack["WorkerFunctionName"])

    assert worker["Environment"]["Variables"]["TASKMILL_FACTORY"] == "e2e_events:LetterFactory"
    assert ended(client, client.submit("letter", {"to": "Zoe"})).status == "COMPLETED"


def test_a16_execution_is_tracked_retried_logged_and_kept_in_a_history(
    client: TaskClient, stack: Outputs
) -> None:
    task = client.submit("flaky", 1)
    assert task.status == "QUEUED"

    done = ended(client, task)

    assert [str(each.status) for each in done.history] == [
        "CREATED",
        "QUEUED",
        "STARTED",
        "ERRORED",
        "STARTED",
        "COMPLETED",
    ]
    assert [each.attempt for each in done.history] == [0, 0, 1, 1, 2, 2]
    worker = stack["WorkerFunctionName"]
    eventually(lambda: sum(task.code in line for line in log_lines(stack, worker)) >= 3)


def held_as(service: TaskService, tenant: str, code: str) -> Task:
    task = CreateTask(tenant_code=tenant, task_type="echo", code=code, delay_seconds=3_600)
    return service.create_task(task=task)
