"""Routes for step function tasks only: their subtasks."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver

from taskmill.http.pages import TaskPage, subtask_page
from taskmill.http.parameters import (
    Code,
    Index,
    Limit,
    StatusesFilter,
    SubtaskCursor,
    Tenant,
    Type,
    statuses_of,
)
from taskmill.http.request import invoke_context
from taskmill.http.revealing import note_revealed
from taskmill.http.routing import add_route
from taskmill.model.api.overviews import BatchPage
from taskmill.model.api.views import Input, Result, Task
from taskmill.model.keys import Kind, TaskKey
from taskmill.wiring.process import current


def add_to(app: ApiGatewayResolver) -> None:
    fan_out = "step-function-tasks/<type>/<code>"
    add_route(
        app,
        "GET",
        f"{fan_out}/batches",
        list_batches,
        name="step_function_task_batches",
        summary="List the batches of a step function task",
        errors=(404,),
    )
    add_route(
        app,
        "GET",
        f"{fan_out}/subtasks",
        list_subtasks,
        name="step_function_task_subtasks",
        summary="List the subtasks of a step function task",
        errors=(404, 422),
    )
    add_route(
        app,
        "GET",
        f"{fan_out}/subtasks/<index>",
        get_subtask,
        name="step_function_task_subtask",
        summary="Get a subtask",
        errors=(404,),
    )
    add_route(
        app,
        "POST",
        f"{fan_out}/subtasks/<index>/retry",
        retry_subtask,
        name="step_function_task_subtask_retry",
        summary="Retry one failed or cancelled subtask; the others stay as they are",
        errors=(404, 409, 410),
        success=202,
    )
    add_route(
        app,
        "GET",
        f"{fan_out}/subtasks/<index>/input",
        get_subtask_input,
        name="step_function_task_subtask_input",
        summary="Get the input of a subtask",
        errors=(403, 404, 410),
    )
    add_route(
        app,
        "GET",
        f"{fan_out}/subtasks/<index>/result",
        get_subtask_result,
        name="step_function_task_subtask_result",
        summary="Get the result of a subtask",
        errors=(403, 404, 409, 410),
    )

    for what, function, errors in (
        ("input", get_subtask_input_revealed, (403, 404, 410)),
        ("result", get_subtask_result_revealed, (403, 404, 409, 410)),
    ):
        add_route(
            app,
            "GET",
            f"{fan_out}/subtasks/<index>/{what}/revealed",
            function,
            name=f"step_function_task_subtask_{what}_revealed",
            summary=f"Get the {what} of a subtask with its secrets in the clear, which is logged",
            errors=errors,
        )


def list_subtasks(
    tenant: Tenant,
    type: Type,  # noqa: A002
    code: Code,
    *,
    task_status: StatusesFilter = None,
    limit: Limit = 50,
    cursor: SubtaskCursor = None,
) -> TaskPage:
    parent = TaskKey(Kind.SFN_TASK, tenant, type, code)
    return subtask_page(
        current().service,
        parent,
        start=int(cursor or 0),
        limit=limit,
        statuses=statuses_of(task_status),
    )


def list_batches(tenant: Tenant, type: Type, code: Code) -> BatchPage:  # noqa: A002
    return current().service.list_batches(key=TaskKey(Kind.SFN_TASK, tenant, type, code))


def get_subtask_result(tenant: Tenant, type: Type, code: Code, index: Index) -> Result:  # noqa: A002
    key = TaskKey(Kind.SFN_TASK, tenant, type, code, int(index))
    return current().service.get_result(key=key)


def get_subtask(tenant: Tenant, type: Type, code: Code, index: Index) -> Task:  # noqa: A002
    return current().service.get_task(key=TaskKey(Kind.SFN_TASK, tenant, type, code, int(index)))


def retry_subtask(
    tenant: Tenant,
    type: Type,  # noqa: A002
    code: Code,
    index: Index,
    request: Request,
) -> Task:
    key = TaskKey(Kind.SFN_TASK, tenant, type, code, int(index))
    return current().service.retry(key=key, invoke_context=invoke_context(request))


def get_subtask_input(
    tenant: Tenant,
    type: Type,  # noqa: A002
    code: Code,
    index: Index,
) -> Input:
    key = TaskKey(Kind.SFN_TASK, tenant, type, code, int(index))
    return current().service.get_input(key=key)


def get_subtask_input_revealed(
    tenant: Tenant,
    type: Type,  # noqa: A002
    code: Code,
    index: Index,
    request: Request,
) -> Input:
    key = TaskKey(Kind.SFN_TASK, tenant, type, code, int(index))
    note_revealed(request, f"input of {key.label}")
    return current().service.get_input(key=key, reveal=True)


def get_subtask_result_revealed(
    tenant: Tenant,
    type: Type,  # noqa: A002
    code: Code,
    index: Index,
    request: Request,
) -> Result:
    key = TaskKey(Kind.SFN_TASK, tenant, type, code, int(index))
    note_revealed(request, f"result of {key.label}")
    return current().service.get_result(key=key, reveal=True)
