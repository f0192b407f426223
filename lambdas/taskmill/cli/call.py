"""The context of one call of the command line: its global options and its output."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taskmill.cli.keys import in_words
from taskmill.cli.output import Output

if TYPE_CHECKING:
    import httpx

    from taskmill.client.client import TaskClient
    from taskmill.client.settings import Settings
    from taskmill.model.api.views import Task


@dataclass(frozen=True, kw_only=True)
class Call:
    """Global options and output of one call; Typer passes it to every command as `ctx.obj`.

    Args:
        using: Name of the profile that some of the options come from.
        of_profile: Its values, by the names of the options.
        transport: Replaces the network, for tests.
    """

    url: str | None
    tenant: str | None
    region: str | None
    profile: str | None
    stack: str | None = None
    using: str | None = None
    of_profile: Mapping[str, str | None] = field(default_factory=dict)
    output: Output
    transport: httpx.BaseTransport | None = None

    def client(self, tenant: str | None = None, **options: Any) -> TaskClient:
        """A client configured by the options, the environment or the local cloud.

        Args:
            tenant: The tenant of a key, used if the options do not name one.
            **options: Further arguments of the client.

        Raises:
            NotConfigured: The URL, the tenant, the region or the profile is missing or wrong.
        """
        from taskmill.client.client import TaskClient
        from taskmill.client.outputs import api_outputs
        from taskmill.client.settings import named_session

        return TaskClient(
            self.url,
            tenant=self.tenant or tenant,
            region=self.region,
            session=named_session(self.profile) if self.profile else None,
            transport=self.transport,
            outputs=api_outputs(stack=self.stack),
            **options,
        )

    def settings(self, tenant: str | None = None) -> Settings:
        """What a client would be configured with, read anew: credentials may have changed.

        Args:
            tenant: Used if the options do not name one.

        Raises:
            NotConfigured: As of `client`.
        """
        from taskmill.client.outputs import api_outputs
        from taskmill.client.settings import find_settings, named_session

        return find_settings(
            url=self.url,
            tenant=self.tenant or tenant,
            region=self.region,
            session=named_session(self.profile) if self.profile else None,
            token=None,
            outputs=api_outputs(stack=self.stack),
        )

    def submitted(self, task: Task, told: str) -> None:
        """Print the key of a submitted task, and how to follow it.

        Only `type#code` goes to stdout, so that it can be passed to another command.

        Args:
            told: What stands before that: its status, or what it does.
        """
        if self.output.as_json:
            self.output.model(task)
            return
        self.output.line(f"{task.type}#{task.code}")
        self.output.note(f"{told}; follow it: {self.command('watch', task)}")

    def command(self, verb: str, task: Task) -> str:
        """A command line to copy, without options that the environment or the profile has.

        Nor has it the tenant that an API on this machine takes by default.
        """
        from taskmill.client.settings import find_tenant

        options = (
            ("--url", self.url, "TASKMILL_URL"),
            ("--tenant", task.tenant_code, "TASKMILL_TENANT"),
            ("--region", self.region, "AWS_REGION"),
            ("--profile", self.profile, "AWS_PROFILE"),
            ("--stack", self.stack, "TASKMILL_STACK"),
        )
        by_default = {"--tenant": find_tenant(None, self.url or "http://localhost")}
        needed = (
            f" {name} {shlex.quote(value)}"
            for name, value, variable in options
            if value
            and value
            not in (os.environ.get(variable), self.of_profile.get(name), by_default.get(name))
        )
        return f"taskmill {verb} {in_words(task.key)}{''.join(needed)}"
