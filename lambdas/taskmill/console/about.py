"""What a console tells its page about itself."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any


@dataclass(frozen=True, kw_only=True)
class About:
    """The answer to `/console.json`.

    Attributes:
        url: Of the API.
        tenant: To begin with; None: the page asks.
        profile: Name of the profile in use; None: there is none.
        environment: Name of the environment, as "prod"; None: `whoami` may say it.
        read_only: Only reads are forwarded.
        demo: The data are made up.
        logs: `/logs` answers.
    """

    url: str
    tenant: str | None = None
    profile: str | None = None
    environment: str | None = None
    read_only: bool = False
    demo: bool = False
    logs: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "profile": self.profile,
            "tenant": self.tenant,
            "url": self.url,
            "environment": self.environment,
            "readOnly": self.read_only,
            "demo": self.demo,
            "logs": self.logs,
            "version": own_version(),
        }


def own_version() -> str | None:
    """The version of taskmill; None: it is not installed."""
    try:
        return version("taskmill")
    except PackageNotFoundError:
        return None
