"""The first event of each function, and the cloud that is to answer what it asks."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from taskmill.handlers import subtasks, work
from taskmill.models import CreateStepFunctionTask, CreateTask
from taskmill.testing import InProcessCloud
from taskmill.testing.deliveries import DEAD_LETTERS, WORK_QUEUE, record_of
from taskmill.testing.http import InProcessApi

TENANT = "acme"


def _all_done(answer: Any) -> bool:
    return bool(answer == {"batchItemFailures": []})


@dataclass(frozen=True)
class Function:
    """A function of the stack.

    Attributes:
        handler: `module.function` below `taskmill.handlers`.
        first: Puts a cloud into the state before its first event, and gives that event.
        is_done: Whether its answer says that it did what the event asks for.
        modules: Of task functions.
    """

    name: str
    handler: str
    first: Callable[[InProcessCloud], Mapping[str, Any]]
    is_done: Callable[[Any], bool] = _all_done
    modules: Sequence[str] = ("bench_tasks",)


def _request(_: InProcessCloud) -> Mapping[str, Any]:
    body = json.dumps({"taskType": "noop", "input": {"n": 1}})
    headers = {"content-type": "application/json"}
    return InProcessApi().event("POST", f"/v1/tenants/{TENANT}/tasks", body, "", headers)


def _records(cloud: InProcessCloud) -> Mapping[str, Any]:
    """What the stream tells of a task that has ended: it is published."""
    cloud.invoke(work.handler, _message(cloud))
    return {"Records": cloud.stream.take(100)}


def _message(
    cloud: InProcessCloud, *, to: str = WORK_QUEUE, task_type: str = "noop"
) -> Mapping[str, Any]:
    task = CreateTask(tenant_code=TENANT, task_type=task_type, input={"n": 1})
    cloud.service.create_task(task=task)
    return {"Records": [record_of(each, to) for each in cloud.queues.of(WORK_QUEUE).receive(10)]}


def _execution(cloud: InProcessCloud) -> dict[str, Any]:
    task = CreateStepFunctionTask(tenant_code=TENANT, task_type="noop", input=list(range(10)))
    cloud.service.create_step_function_task(task=task)
    cloud.deliver_records()
    name = cloud.executions.waiting.pop()
    return {**json.loads(cloud.executions.started[name]), "execution": name}


def _batch(cloud: InProcessCloud) -> dict[str, Any]:
    event = _execution(cloud)
    plan = subtasks.split(event, cloud.context())
    return {**event, "range": plan["batches"][0], "retry": 0}


def _finish(cloud: InProcessCloud) -> dict[str, Any]:
    event = _batch(cloud)
    subtasks.batch(event, cloud.context())
    return event


WORKER = Function("worker", "work.handler", _message)
DISPATCHER = Function("dispatcher", "dispatch.handler", _records)
API = Function("API", "api.handler", _request, lambda answer: answer["statusCode"] == 202)
FUNCTIONS = (
    WORKER,
    DISPATCHER,
    API,
    Function("split", "subtasks.split", _execution, lambda answer: bool(answer["batches"])),
    Function("batch", "subtasks.batch", _batch, lambda answer: answer == {}),
    Function("finish", "subtasks.finish", _finish, lambda answer: answer == {}),
    Function("dead letters", "dead_letters.handler", partial(_message, to=DEAD_LETTERS)),
)
# The same worker where a task's input is a pydantic model: what the import of pydantic adds.
TYPED_WORKER = Function(
    "worker, typed task",
    "work.handler",
    partial(_message, task_type="typed"),
    modules=("bench_tasks", "typed_tasks"),
)
