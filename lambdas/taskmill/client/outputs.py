"""The outputs file of a local cloud: stack outputs such as `ApiUrl`, and its fake credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from taskmill.client.errors import NotConfigured

OUTPUTS_FILE = Path(".local") / "outputs.json"

Outputs = Mapping[str, str]


def local_outputs(start: Path | None = None) -> Outputs:
    """The outputs of the local cloud of a folder or its parents; empty if there is none.

    Args:
        start: The folder; the current one by default.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / OUTPUTS_FILE).is_file():
            return read_outputs(folder / OUTPUTS_FILE)
    return {}


def read_outputs(path: Path) -> Outputs:
    """The outputs in a file that the local cloud wrote.

    Raises:
        NotConfigured: The file is missing or malformed.
    """
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise NotConfigured(f"cannot read the outputs in {path}: {error}") from None


def are_of(outputs: Outputs, url: str) -> bool:
    """Whether a URL belongs to the local cloud with these outputs."""
    return "AccessKeyId" in outputs and url.startswith(outputs.get("EndpointUrl", "//"))


def local_session(outputs: Outputs) -> Any:
    """A botocore session with the fake credentials of the local cloud; real ones are not sent."""
    import botocore.session

    session = botocore.session.Session()
    session.set_credentials(outputs["AccessKeyId"], outputs["SecretAccessKey"])
    return session
