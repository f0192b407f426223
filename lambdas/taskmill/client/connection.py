"""The base class of the client: its URL, tenant, credentials and HTTP connections."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from taskmill.client.api import Api
from taskmill.client.errors import NotConfigured
from taskmill.client.outputs import Outputs, local_outputs, read_outputs
from taskmill.client.settings import find_ids, find_settings
from taskmill.model.errors import WrongOptionType
from taskmill.model.keys import check_name
from taskmill.model.options import check_number, suggests

if TYPE_CHECKING:
    import httpx

    from taskmill.client.retries import Sleep


class Connection:
    """A connection to one task API for one tenant; the arguments are those of `TaskClient`."""

    @suggests
    def __init__(
        self,
        url: str | None = None,
        *,
        tenant: str | None = None,
        region: str | None = None,
        session: Any = None,
        token: str | None = None,
        ids: str | None = None,
        timeout_seconds: float = 35.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
        outputs: Outputs | None = None,
    ) -> None:
        for name, value in {"url": url, "tenant": tenant, "region": region, "token": token}.items():
            if value is not None and not isinstance(value, str):
                raise WrongOptionType(f"{name} is {value!r}; give text", field=name)
        check_number("timeout_seconds", timeout_seconds, above=0, unit="seconds")
        settings = find_settings(
            url=url,
            tenant=tenant,
            region=region,
            session=session,
            token=token,
            outputs=local_outputs() if outputs is None else outputs,
        )
        self.url = settings.url
        self.tenant = check_name("tenant", settings.tenant)
        self._ids = find_ids(ids)
        self._sleep = sleep
        self._api = Api(
            self.url,
            auth=settings.auth(),
            timeout_seconds=timeout_seconds,
            transport=transport,
            sleep=sleep,
        )

    @classmethod
    def from_environment(cls, tenant: str | None = None) -> Self:
        """A client configured by the environment, or else by the local cloud of this folder."""
        return cls(tenant=tenant)

    @classmethod
    def from_outputs(cls, path: Path, *, tenant: str) -> Self:
        """A client of the local cloud that wrote this outputs file.

        Raises:
            NotConfigured: The file cannot be read, or has no `ApiUrl`.
        """
        outputs = read_outputs(path)
        if "ApiUrl" not in outputs:
            raise NotConfigured(f"{path} names no ApiUrl: no task stack is deployed there")
        return cls(outputs["ApiUrl"], tenant=tenant, outputs=outputs)

    def close(self) -> None:
        self._api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
