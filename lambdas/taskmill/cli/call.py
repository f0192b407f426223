"""One call of the command line: what the global options say, for every command."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmill.cli.keys import in_words
from taskmill.cli.output import Output

if TYPE_CHECKING:
    import httpx

    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import Task


@dataclass(frozen=True, kw_only=True)
class Call:
    """Settings and output of one call.

    Args:
        transport: Instead of the network, for tests.
    """

    url: str | None
    tenant: str | None
    region: str | None
    profile: str | None
    output: Output
    transport: httpx.BaseTransport | None = None

    def client(self, tenant: str | None = None) -> TaskClient:
        """A client as the options, the environment or the local cloud say.

        Args:
            tenant: When the options name none: that of a key.

        Raises:
            NotConfigured: Something is missing.
        """
        from taskmill.client.client import TaskClient
        from taskmill.client.settings import named_session

        return TaskClient(
            self.url,
            tenant=self.tenant or tenant,
            region=self.region,
            session=named_session(self.profile) if self.profile else None,
            transport=self.transport,
        )

    def command(self, verb: str, task: Task) -> str:
        """A command line to copy; what the environment says is left out."""
        options = (
            ("--url", self.url, "TASKMILL_URL"),
            ("--tenant", task.tenant_code, "TASKMILL_TENANT"),
            ("--region", self.region, "AWS_REGION"),
            ("--profile", self.profile, "AWS_PROFILE"),
        )
        needed = (
            f" {name} {shlex.quote(value)}"
            for name, value, variable in options
            if value and value != os.environ.get(variable)
        )
        return f"taskmill {verb} {in_words(task.key)}{''.join(needed)}"
