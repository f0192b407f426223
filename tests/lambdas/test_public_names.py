"""What `taskmill` itself offers, and when it is imported."""

import sys
from importlib import import_module
from subprocess import run

import pytest

import taskmill


def test_every_public_name_is_there() -> None:
    assert all(getattr(taskmill, name) is not None for name in taskmill.__all__)
    assert set(taskmill.__all__) <= set(dir(taskmill))


def test_they_can_be_imported_all_at_once() -> None:
    program = "from taskmill import *; assert task.__name__ and Retry() and current_service"

    run([sys.executable, "-c", program], check=True)


def test_another_name_is_refused_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'taskmill' has no attribute 'taks'"):
        taskmill.taks  # noqa: B018  # the look is what is tested
    with pytest.raises(ImportError, match="cannot import name 'taks'"):
        from taskmill import taks  # noqa: F401


# What programs import since the first version, wherever it lives by now.
PUBLIC = {
    "taskmill.callback_models": "CallbackMapping NewCallback TaskEnded",
    "taskmill.cli": "main",
    "taskmill.client": "Conflict Forbidden InvalidRequest LimitExceeded NewTask NotConfigured"
    " Progress Schedule Task TaskClient TaskFailed TaskNotFound Throttled Unreachable WaitTimeout",
    "taskmill.client.outputs": "local_outputs",
    "taskmill.errors": "Abort AttemptsSpent ChildrenFailed ClaimLost Conflict Forbidden"
    " IdempotencyConflict IllegalStatusChange InvalidInput InvalidKey InvalidRequest InvalidResult"
    " LimitExceeded NotDeterministic PayloadMissing SubtasksDueLater SubtasksRemain TaskCancelled"
    " TaskExists TaskFailed TaskNotFound TaskTimeout TaskmillError Throttled TooDeep"
    " UnknownTaskType WaitTimeout WrongRunner describe_error",
    "taskmill.events": "StepFunctionTaskEvent TaskEvent TaskQueueEvent",
    "taskmill.handlers.api": "handler",
    "taskmill.handlers.dead_letters": "handler",
    "taskmill.handlers.dispatch": "handler",
    "taskmill.handlers.subtasks": "batch finish split",
    "taskmill.handlers.work": "handler",
    "taskmill.keys": "Kind NAME_PATTERN TaskKey",
    "taskmill.models": "CreateStepFunctionTask CreateTask InvokeContext ListOptions"
    " NewStepFunctionTask NewTask Page Progress Result SkCondition Task TaskStatusSummary Upload",
    "taskmill.queue": "Delivery MAX_DELAY_SECONDS MESSAGES_A_CALL Message Queue message_body",
    "taskmill.queue.memory": "MemoryQueue",
    "taskmill.queue.sqs": "SqsQueue",
    "taskmill.retry": "Retry",
    "taskmill.schedule_models": "NewSchedule Schedule",
    "taskmill.service": "TaskService",
    "taskmill.statuses": "FINAL MOVES Status may_move sources",
    "taskmill.testing": "Chaos Crash InProcessCloud Meter",
    "taskmill.testing.http": "InProcessApi",
}


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_found_where_they_were(module: str) -> None:
    found = import_module(module)

    assert [name for name in PUBLIC[module].split() if not hasattr(found, name)] == []


def test_a_public_name_is_the_same_object_as_the_one_that_taskmill_uses() -> None:
    from taskmill.errors import TaskFailed
    from taskmill.models import Task
    from taskmill.testing import InProcessCloud

    with InProcessCloud() as cloud:
        task = taskmill.models.CreateTask(tenant_code="mbc", task_type="unknown")
        assert type(cloud.service.create_task(task=task)) is Task
    assert taskmill.TaskFailed is TaskFailed
