"""The outputs file of a local cloud: where its API is, and its made-up credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from taskmill.client.errors import NotConfigured

OUTPUTS_FILE = Path(".local") / "outputs.json"

Outputs = Mapping[str, str]


def local_outputs(start: Path | None = None) -> Outputs:
    """The outputs of the local cloud of this folder or one above it; empty when there is none."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / OUTPUTS_FILE).is_file():
            return read_outputs(folder / OUTPUTS_FILE)
    return {}


def read_outputs(path: Path) -> Outputs:
    """Outputs as the local cloud writes them.

    Raises:
        NotConfigured: The file is missing or not of that form.
    """
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise NotConfigured(f"cannot read the outputs in {path}: {error}") from None


def are_of(outputs: Outputs, url: str) -> bool:
    """Whether the URL is of the local cloud that has these outputs."""
    return "AccessKeyId" in outputs and url.startswith(outputs.get("EndpointUrl", "//"))


def local_session(outputs: Outputs) -> Any:
    """A session with the local cloud's credentials, so that real ones never go there."""
    import botocore.session

    session = botocore.session.Session()
    session.set_credentials(outputs["AccessKeyId"], outputs["SecretAccessKey"])
    return session
