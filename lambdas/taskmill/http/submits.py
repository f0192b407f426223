"""Routes that submit tasks and step function tasks, and create uploads."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from taskmill.http.bodies import (
    STRICT,
    StepFunctionTaskSubmission,
    SubmitTask,
    TaskSubmission,
)
from taskmill.http.examples import FAN_OUT_EXAMPLES, TASK_EXAMPLES
from taskmill.http.parameters import Tenant
from taskmill.http.request import invoke_context
from taskmill.http.routing import add_route
from taskmill.http.tenant_limits import limit_uploads
from taskmill.model.api.base import Model, View
from taskmill.model.api.views import Task, Upload
from taskmill.model.errors import InvalidInput, InvalidRequest, MissingInput
from taskmill.wiring.process import current


def add_to(app: ApiGatewayResolver) -> None:
    add_route(
        app,
        "POST",
        "tasks",
        submit_tasks,
        name="task_submit",
        summary="Submit a task, or up to 100",
        errors=(409, 422),
        success=202,
    )
    add_route(
        app,
        "POST",
        "step-function-tasks",
        submit_step_function_task,
        name="step_function_task_submit",
        summary="Submit a step function task: each element of an array or upload becomes a subtask",
        errors=(409, 422),
        success=202,
    )
    add_route(
        app,
        "POST",
        "uploads",
        create_upload,
        name="upload_create",
        summary="Get a presigned URL for a PUT of an input that is too large for a request",
        errors=(422,),
        success=201,
    )


class NewUpload(Model):
    """An input to upload."""

    model_config = STRICT

    size: int = Field(
        ge=1,
        description="Bytes of the input, which the `Content-Length` of the PUT must state.",
    )


class TaskBatch(View):
    """The submitted tasks, in the order of the request."""

    tasks: tuple[Task, ...]


def submit_tasks(
    tenant: Tenant,
    body: Annotated[TaskSubmission, Body(openapi_examples=TASK_EXAMPLES)],
    request: Request,
) -> Task | TaskBatch:
    service, context = current().service, invoke_context(request)
    submitted = body.root
    if isinstance(submitted, SubmitTask):
        _check_input(submitted, field="input")
        return service.create_task(task=submitted.of_tenant(tenant), invoke_context=context)
    for position, each in enumerate(submitted.tasks):
        _check_input(each, field=f"tasks.{position}.input")
    tasks = [each.of_tenant(tenant) for each in submitted.tasks]
    return TaskBatch(tasks=tuple(service.create_tasks(tasks=tasks, invoke_context=context)))


def submit_step_function_task(
    tenant: Tenant,
    body: Annotated[StepFunctionTaskSubmission, Body(openapi_examples=FAN_OUT_EXAMPLES)],
    request: Request,
) -> Task:
    return current().service.create_step_function_task(
        task=body.root.of_tenant(tenant), invoke_context=invoke_context(request)
    )


def create_upload(tenant: Tenant, body: NewUpload) -> Upload:
    limit_uploads(tenant)
    return current().service.create_upload(tenant_code=tenant, size=body.size)


def _check_input(task: SubmitTask, *, field: str) -> None:
    """Check an input against the argument type of its task function.

    Raises:
        InvalidRequest: The input does not match; the message names the field.
    """
    wiring = current()
    try:
        wiring.registry.check_input(task.task_type, task.given_input)
    except MissingInput as refused:
        where = "" if field == "input" else f"{field}: "
        raise InvalidRequest(f"{where}{refused.message}", field=field) from None
    except InvalidInput as refused:
        message = refused.message.removeprefix("input: ")  # present if the whole input is wrong
        raise InvalidRequest(f"{field}: {message}", field=field) from None
    except Exception:  # the worker may be able to load code that this function cannot
        wiring.logger.warning("input not checked", task_type=task.task_type, exc_info=True)
