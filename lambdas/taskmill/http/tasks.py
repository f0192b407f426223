"""Routes that single tasks and step function tasks have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body

from taskmill.http.examples import STATUS_EXAMPLES
from taskmill.http.pages import TaskPage, as_answer, child_page
from taskmill.http.parameters import (
    ChildCursor,
    Code,
    CodePrefix,
    CreatedAfter,
    CreatedBefore,
    Depth,
    Fields,
    Limit,
    OpaqueCursor,
    Order,
    StatusesFilter,
    TaskCursor,
    Tenant,
    Type,
    TypeFilter,
    statuses_of,
)
from taskmill.http.reports import StatusChange
from taskmill.http.request import invoke_context
from taskmill.http.revealing import note_revealed
from taskmill.http.routing import add_route
from taskmill.model.api.overviews import TaskTree
from taskmill.model.api.requests import ListOptions
from taskmill.model.api.views import Input, Progress, Result, Task
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import Kind, TaskKey
from taskmill.wiring.process import current

FOLDERS = {Kind.TASK: "tasks", Kind.SFN_TASK: "step-function-tasks"}
_WORDS = {Kind.TASK: "task", Kind.SFN_TASK: "step function task"}

_INPUT_REVEALED = "Get the input of a {} with its secrets in the clear, which is logged"
_RESULT_REVEALED = "Get the result of a {} with its secrets in the clear, which is logged"
_PROGRESS = "Get the progress of a {}; batches of subtasks tell theirs every 10 s, and at their end"

_TREE = "Get a {} and what it has started, each task before its own children"


class TaskRoutes:
    """The routes of one kind of task."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def add_to(self, app: ApiGatewayResolver) -> None:
        tasks = FOLDERS[self.kind]
        task = f"{tasks}/<type>/<code>"
        self._add(app, "GET", tasks, self.list, "List {}s", 422)
        self._add(app, "GET", task, self.get, "Get a {}", 404)
        self._add(app, "PATCH", task, self.update, "Report the status of a {}", 404, 409, 422)
        self._add(app, "POST", f"{task}/cancel", self.cancel, "Cancel a {}", 404, 409)
        self._add(
            app,
            "POST",
            f"{task}/retry",
            self.retry,
            "Retry a failed or cancelled {}",
            404,
            409,
            410,
        )
        self._add(
            app, "GET", f"{task}/result", self.result, "Get the result of a {}", 403, 404, 409, 410
        )
        route = f"{task}/result/revealed"
        self._add(app, "GET", route, self.result_revealed, _RESULT_REVEALED, 403, 404, 409, 410)
        if self.kind is Kind.TASK:  # of a fan-out, each subtask has one
            route = f"{task}/input"
            self._add(app, "GET", route, self.input, "Get the input of a {}", 403, 404, 410)
            route = f"{route}/revealed"
            self._add(app, "GET", route, self.input_revealed, _INPUT_REVEALED, 403, 404, 410)
        self._add(app, "GET", f"{task}/progress", self.progress, _PROGRESS, 404)
        self._add(
            app, "GET", f"{task}/children", self.children, "List the child tasks of a {}", 404, 422
        )
        self._add(app, "GET", f"{task}/tree", self.tree, _TREE, 404, 422)

    def list(
        self,
        tenant: Tenant,
        *,
        task_type: TypeFilter = None,
        task_status: StatusesFilter = None,
        created_after: CreatedAfter = None,
        created_before: CreatedBefore = None,
        code_prefix: CodePrefix = None,
        fields: Fields = None,
        limit: Limit = 50,
        order: Order = "desc",
        cursor: TaskCursor = None,
    ) -> TaskPage:
        if task_type and cursor and not cursor.startswith(f"{task_type}#"):
            raise InvalidRequest(f"cursor: not of a list of type {task_type!r}", field="cursor")
        options = ListOptions(
            type=task_type,
            statuses=statuses_of(task_status),
            created_after=created_after,
            created_before=created_before,
            code_prefix=code_prefix,
            fields=fields,
            limit=limit,
            order=order,
            start_from_sk=cursor,
        )
        return as_answer(
            current().service.list_items_by_pk(tenant_code=tenant, type=self.kind, options=options)
        )

    def get(self, tenant: Tenant, type: Type, code: Code) -> Task:  # noqa: A002  # the name in the path
        return current().service.get_task(key=self._key(tenant, type, code))

    def update(
        self,
        tenant: Tenant,
        type: Type,  # noqa: A002
        code: Code,
        body: Annotated[StatusChange, Body(openapi_examples=STATUS_EXAMPLES)],
    ) -> Task:
        return current().service.update_status(
            key=self._key(tenant, type, code),
            status=body.status,
            attributes=body.attributes,
            notify_id=body.notify_id,
        )

    def cancel(self, tenant: Tenant, type: Type, code: Code, request: Request) -> Task:  # noqa: A002
        key, caller = self._key(tenant, type, code), invoke_context(request)
        return current().service.cancel(key=key, invoke_context=caller)

    def retry(self, tenant: Tenant, type: Type, code: Code, request: Request) -> Task:  # noqa: A002
        key, caller = self._key(tenant, type, code), invoke_context(request)
        return current().service.retry(key=key, invoke_context=caller)

    def result(self, tenant: Tenant, type: Type, code: Code) -> Result:  # noqa: A002
        return current().service.get_result(key=self._key(tenant, type, code))

    def progress(self, tenant: Tenant, type: Type, code: Code) -> Progress:  # noqa: A002
        return current().service.get_progress(key=self._key(tenant, type, code))

    def input(self, tenant: Tenant, type: Type, code: Code) -> Input:  # noqa: A002
        return current().service.get_input(key=self._key(tenant, type, code))

    def result_revealed(
        self,
        tenant: Tenant,
        type: Type,  # noqa: A002
        code: Code,
        request: Request,
    ) -> Result:
        key = self._key(tenant, type, code)
        note_revealed(request, f"result of {key.label}")
        return current().service.get_result(key=key, reveal=True)

    def input_revealed(
        self,
        tenant: Tenant,
        type: Type,  # noqa: A002
        code: Code,
        request: Request,
    ) -> Input:
        key = self._key(tenant, type, code)
        note_revealed(request, f"input of {key.label}")
        return current().service.get_input(key=key, reveal=True)

    def children(
        self,
        tenant: Tenant,
        type: Type,  # noqa: A002
        code: Code,
        *,
        limit: Limit = 50,
        cursor: ChildCursor = None,
    ) -> TaskPage:
        key = self._key(tenant, type, code)
        found = current().service.list_children(key=key, after=cursor, limit=limit)
        return child_page(found, limit=limit)

    def tree(
        self,
        tenant: Tenant,
        type: Type,  # noqa: A002
        code: Code,
        *,
        depth: Depth = 1,
        limit: Limit = 100,
        cursor: OpaqueCursor = None,
    ) -> TaskTree:
        key = self._key(tenant, type, code)
        return current().service.tree(key=key, depth=depth, limit=limit, cursor=cursor)

    def _key(self, tenant: str, task_type: str, code: str) -> TaskKey:
        return TaskKey(self.kind, tenant, task_type, code)

    def _add(
        self,
        app: ApiGatewayResolver,
        method: str,
        path: str,
        route: Callable[..., Any],
        summary: str,
        *errors: int,
    ) -> None:
        noun = _WORDS[self.kind]
        name = f"{noun.replace(' ', '_')}_{route.__name__}"
        add_route(app, method, path, route, name=name, summary=summary.format(noun), errors=errors)
