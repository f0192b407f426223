"""The base classes of the clients: their URL, tenant, credentials and HTTP connections."""

from __future__ import annotations

import copy
import dataclasses
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from taskmill.client.calls.blocking import BlockingCalls
from taskmill.client.calls.target import Target
from taskmill.client.errors import NotConfigured
from taskmill.client.outputs import Outputs, api_outputs, read_outputs, which_stack
from taskmill.client.settings import check_token, find_ids, find_settings
from taskmill.functions.polling import Pace, check_timeout
from taskmill.model.errors import WrongOptionType
from taskmill.model.keys import check_name
from taskmill.model.options import check_number, suggests

if TYPE_CHECKING:
    import httpx

    from taskmill.client.auth import GivenToken
    from taskmill.client.calls.awaited import AwaitedCalls
    from taskmill.client.calls.blocking import Sleep


class Connection:
    """A connection to one task API for one tenant; the arguments are those of `TaskClient`."""

    IS_ASYNC: ClassVar[bool]

    url: str
    tenant: str
    _ids: str
    _calls: AwaitedCalls | BlockingCalls

    @property
    def pace(self) -> Pace:
        """How this client waits between two reads of a task."""
        return self._calls.pace

    def _pace_of(self, timeout_seconds: float | None, cap_seconds: float) -> Pace:
        """The pace of `updates`, whose arguments these are.

        Raises:
            InvalidOption: One of them is no number of seconds, or out of range.
        """
        check_timeout(timeout_seconds)
        check_number("cap_seconds", cap_seconds, above=0, unit="seconds")
        return dataclasses.replace(self.pace, cap_seconds=cap_seconds)

    def for_tenant(self, tenant: str) -> Self:
        """A copy of the client for another tenant; both share connections, so close only one."""
        other = copy.copy(self)
        other.tenant = check_name("tenant", tenant)
        return other

    @classmethod
    def from_environment(cls, tenant: str | None = None) -> Self:
        """A client configured by the environment, or else by the local cloud of this folder."""
        return cls(tenant=tenant)  # type: ignore[call-arg]  # both subclasses take it

    @classmethod
    def from_outputs(cls, path: str | Path, *, tenant: str) -> Self:
        """A client of the local cloud that wrote this outputs file, such as `.local/outputs.json`.

        Raises:
            NotConfigured: The file cannot be read, or has no `ApiUrl`.
        """
        outputs = read_outputs(Path(path))
        if "ApiUrl" not in outputs:
            which = which_stack(outputs)
            raise NotConfigured(which or f"{path} names no ApiUrl: no task stack is deployed there")
        return cls(outputs["ApiUrl"], tenant=tenant, outputs=outputs)  # type: ignore[call-arg]

    def _configure(
        self,
        url: str | None,
        *,
        tenant: str | None,
        region: str | None,
        session: Any,
        token: GivenToken | None,
        ids: str | None,
        timeout_seconds: float,
        outputs: Outputs | None,
    ) -> Target:
        """Check the arguments, set the attributes, and return where requests go."""
        for name, value in {"url": url, "tenant": tenant, "region": region}.items():
            if value is not None and not isinstance(value, str):
                raise WrongOptionType(f"{name} is {value!r}; give text", field=name)
        check_token(token, awaited=self.IS_ASYNC)
        check_number("timeout_seconds", timeout_seconds, above=0, unit="seconds")
        settings = find_settings(
            url=url,
            tenant=tenant,
            region=region,
            session=session,
            token=token,
            outputs=api_outputs() if outputs is None else outputs,
        )
        self.url = settings.url
        self.tenant = check_name("tenant", settings.tenant)
        self._ids = find_ids(ids)
        return Target(self.url, settings.auth(), timeout_seconds)


class BlockingConnection(Connection):
    """The connection of a `TaskClient`."""

    IS_ASYNC = False
    _calls: BlockingCalls

    @suggests
    def __init__(
        self,
        url: str | None = None,
        *,
        tenant: str | None = None,
        region: str | None = None,
        session: Any = None,
        token: GivenToken | None = None,
        ids: str | None = None,
        timeout_seconds: float = 35.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
        outputs: Outputs | None = None,
    ) -> None:
        target = self._configure(
            url,
            tenant=tenant,
            region=region,
            session=session,
            token=token,
            ids=ids,
            timeout_seconds=timeout_seconds,
            outputs=outputs,
        )
        self._calls = BlockingCalls(target, transport=transport, sleep=sleep)

    def close(self) -> None:
        """Close the connections; further requests are refused."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
