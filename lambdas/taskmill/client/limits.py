"""Limits and pauses: what holds tasks back, and how to change that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from taskmill.client.calls.operations import listing, operation
from taskmill.client.calls.steps import Listing, Request, Steps, getting
from taskmill.client.connection import Connection
from taskmill.client.paths import tenant_path
from taskmill.client.wire import to_body
from taskmill.model.api.limits import LimitView, PauseList, PauseView
from taskmill.model.flow_control.limit_ids import MAX_KEY
from taskmill.model.keys import check_name
from taskmill.model.limits import MAX_PAGE
from taskmill.model.options import check_text, check_whole, suggests


class LimitCalls(Connection):
    """The client's methods for limits and pauses."""

    @listing
    @suggests
    def limits(
        self,
        *,
        name: str | None = None,
        key: str | None = None,
        of_stack: bool = False,
        page_size: int = 100,
    ) -> Listing[LimitView]:
        """Limits of concurrency and of rate, what they hold, and who waits; by name and key.

        Args:
            name: Only limits of this name.
            key: Only what applies to this key, used or not.
            of_stack: Those that all tenants share, in place of the tenant's.
            page_size: Limits in a request, 1 to 1,000.
        """
        query: dict[str, Any] = {
            "limit": check_whole("page_size", page_size, least=1, most=MAX_PAGE)
        }
        if name is not None:
            query["name"] = check_name("name", name)
        if key is not None:
            query["key"] = check_text("key", key, most=MAX_KEY)
        return Listing(f"{self._of(of_stack)}/limits", LimitView.model_validate, query)

    @operation
    @suggests
    def set_limit(
        self,
        name: str,
        *,
        key: str | None = None,
        concurrency: int | None = None,
        rate: int | None = None,
        per_seconds: int | None = None,
        burst: int | None = None,
        of_stack: bool = False,
    ) -> Steps[LimitView]:
        """Set a limit, in place of what the code says: give `concurrency`, or `rate`.

        Args:
            name: That of the limit; of one without a name, the task type.
            key: For this key alone; by default for every key.
            concurrency: Tasks at a time; 0 lets none begin.
            rate: Units in `per_seconds`.
            per_seconds: By default as the code says.
            burst: Units that may start at once; by default `rate`.
            of_stack: A limit that all tenants share.

        Raises:
            InvalidRequest: A field is invalid, or both kinds are given, or none.
        """
        given: Mapping[str, Any] = {
            "key": key,
            "concurrency": concurrency,
            "rate": rate,
            "perSeconds": per_seconds,
            "burst": burst,
        }
        body = to_body({field: each for field, each in given.items() if each is not None})
        path = f"{self._of(of_stack)}/limits/{check_name('name', name)}"
        return LimitView.model_validate((yield Request("PUT", path, body, repeatable=True)))

    @operation
    @suggests
    def unset_limit(
        self, name: str, *, key: str | None = None, of_stack: bool = False
    ) -> Steps[LimitView]:
        """Let what the code says apply again, and return the limit as it is then.

        Raises:
            TaskNotFound: Nothing was set for this name and key.
        """
        path = f"{self._of(of_stack)}/limits/{check_name('name', name)}"
        asked = f"?{urlencode({'key': key})}" if key else ""
        return LimitView.model_validate((yield Request("DELETE", path + asked)))

    @operation
    def pause(self, task_type: str | None = None) -> Steps[PauseView]:
        """Hold back the tasks of a type, or all of the tenant, until `resume`.

        What runs goes on. Everything else waits as PARKED, without a message and an attempt.
        """
        path = self._paused(task_type, "pause")
        return PauseView.model_validate((yield Request("POST", path, repeatable=True)))

    @operation
    def resume(self, task_type: str | None = None) -> Steps[PauseView]:
        """Let tasks that were held back go on.

        Raises:
            TaskNotFound: The type, or the tenant, is not paused.
        """
        path = self._paused(task_type, "resume")
        return PauseView.model_validate((yield Request("POST", path)))

    @operation
    def pauses(self) -> Steps[PauseList]:
        """What is paused: the tenant, or types of it."""
        return PauseList.model_validate((yield getting(f"{tenant_path(self.tenant)}/pauses")))

    def _of(self, of_stack: bool) -> str:  # noqa: FBT001  # named by its callers
        return "/v1" if of_stack else tenant_path(self.tenant)

    def _paused(self, task_type: str | None, what: str) -> str:
        within = f"/types/{check_name('taskType', task_type)}" if task_type else ""
        return f"{tenant_path(self.tenant)}{within}/{what}"
