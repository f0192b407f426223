"""The file of profiles: `taskmill/profiles.json` in the user's folder of settings."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from taskmill.model.errors import TaskmillError


class NoProfile(TaskmillError):
    """A profile is not there, or the file of profiles cannot be used."""

    code = "not_configured"
    http_status = 400


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What the global options are if neither they nor the environment say it."""

    url: str | None = None
    tenant: str | None = None
    aws_profile: str | None = None
    region: str | None = None
    stack: str | None = None


@dataclass
class Profiles:
    """The profiles of a user, and which of them is in use.

    Attributes:
        current: Name of the one in use; None: none is.
    """

    current: str | None = None
    named: dict[str, Profile] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Profiles:
        """The profiles in the file; none if there is no file.

        Raises:
            NoProfile: The file cannot be read.
        """
        file = profiles_file()
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            named = {name: Profile(**values) for name, values in found["profiles"].items()}
            return cls(found.get("current"), named)
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise NoProfile(f"cannot read the profiles in {file}: {error}") from None

    def save(self) -> None:
        """Write the file, which only the user may read.

        Raises:
            NoProfile: It cannot be written.
        """
        named = {
            name: {key: value for key, value in asdict(profile).items() if value is not None}
            for name, profile in sorted(self.named.items())
        }
        file = profiles_file()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(
                json.dumps({"current": self.current, "profiles": named}, indent=2) + "\n",
                encoding="utf-8",
            )
            file.chmod(0o600)
        except OSError as error:
            raise NoProfile(f"cannot write {file}: {error.strerror}") from None

    def in_use(self) -> tuple[str, Profile] | None:
        """The profile that `TASKMILL_PROFILE` names, else the current one; None: none.

        Raises:
            NoProfile: There is none with the name in `TASKMILL_PROFILE`.
        """
        name = os.environ.get("TASKMILL_PROFILE") or self.current
        if name is None or name == "local":
            return None
        return name, self.get(name)

    def get(self, name: str) -> Profile:
        """A profile.

        Raises:
            NoProfile: There is none of this name.
        """
        if name not in self.named:
            known = ", ".join(sorted(self.named)) or "none"
            raise NoProfile(
                f"no profile {name}; there are: {known}. Make it:"
                f" taskmill use {name} --url URL --tenant TENANT"
            )
        return self.named[name]


def profiles_file() -> Path:
    """Where the profiles are: below XDG_CONFIG_HOME, on Windows below APPDATA."""
    if sys.platform == "win32" and (appdata := os.environ.get("APPDATA")):
        return Path(appdata) / "taskmill" / "profiles.json"
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path("~/.config").expanduser()) / "taskmill" / "profiles.json"
