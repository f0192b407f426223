"""The outputs file of a local cloud: stack outputs such as `ApiUrl`, and its fake credentials.

A running `taskmill dev` writes such a file, too, with a token in place of credentials.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from taskmill.client.errors import NotConfigured

OUTPUTS_FILE = Path(".local") / "outputs.json"
DEV_FILE = Path(".taskmill") / "dev.json"

Outputs = Mapping[str, str]


def api_outputs(*, stack: str | None = None) -> Outputs:
    """The outputs that name the API of this folder or its parents; empty if there is none.

    Those of a running `taskmill dev`, else those of the local cloud.

    Args:
        stack: Name of a stack of the local cloud: then only that counts.
    """
    named = stack or os.environ.get("TASKMILL_STACK")
    return ({} if named else dev_outputs()) or local_outputs(stack=stack)


def dev_outputs(start: Path | None = None) -> Outputs:
    """The outputs of the `taskmill dev` that runs in a folder or its parents; empty: none does."""
    file = _find(DEV_FILE, start)
    return {} if file is None else announced_by(file)


def announced_by(file: Path) -> Outputs:
    """The outputs in the file of a `taskmill dev`; empty: it does not run, or there is no file."""
    try:
        found = dict(json.loads(file.read_text()))
        _, _, port = found["ApiUrl"].rpartition(":")
        socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
    except (OSError, ValueError, TypeError, KeyError):  # it was killed, or is just ending
        return {}
    return found


def local_outputs(start: Path | None = None, *, stack: str | None = None) -> Outputs:
    """The outputs of the local cloud of a folder or its parents; empty if there is none.

    Args:
        start: The folder; the current one by default.
        stack: See `read_outputs`.
    """
    file = _find(OUTPUTS_FILE, start)
    return {} if file is None else read_outputs(file, stack=stack)


def _find(name: Path, start: Path | None) -> Path | None:
    here = (start or Path.cwd()).resolve()
    files = (folder / name for folder in (here, *here.parents))
    return next((file for file in files if file.is_file()), None)


def read_outputs(path: Path, *, stack: str | None = None) -> Outputs:
    """The outputs in a file that the local cloud wrote.

    Args:
        stack: Name of one of several stacks; by default that in `TASKMILL_STACK`, or else the one
            that `local up` was told. If none is named, or one that is not there, the outputs
            have no API, and `TaskStacks` names those that may be chosen.

    Raises:
        NotConfigured: The file is missing or malformed.
    """
    try:
        found = dict(json.loads(path.read_text()))
        stacks = dict(found.pop("Stacks", {}))
        name = stack or os.environ.get("TASKMILL_STACK")
        if not name or name == found.get("StackName"):
            return found
        if name in stacks:
            return {**found, **stacks[name], "StackName": name}
        there = found.get("TaskStacks") or found.get("StackName", "")
        general = ("EndpointUrl", "Region", "AccessKeyId", "SecretAccessKey")
        return {"TaskStacks": there, **{each: found[each] for each in general if each in found}}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise NotConfigured(f"cannot read the outputs in {path}: {error}") from None


def which_stack(outputs: Outputs) -> str | None:
    """What to say if outputs have nothing because no stack, or another one, was chosen."""
    if "TaskStacks" not in outputs:
        return None
    names = " or ".join(outputs["TaskStacks"].split(","))
    return f"which stack of the local cloud? Give --stack or set TASKMILL_STACK: {names}"


def are_of(outputs: Outputs, url: str) -> bool:
    """Whether a URL belongs to the local cloud with these outputs."""
    return bool(outputs.get("EndpointUrl")) and url.startswith(outputs.get("EndpointUrl", "//"))


def local_session(outputs: Outputs) -> Any:
    """A botocore session with the fake credentials of the local cloud; real ones are not sent.

    None: the outputs have a token instead.
    """
    if "AccessKeyId" not in outputs:
        return None
    import botocore.session

    session = botocore.session.Session()
    session.set_credentials(outputs["AccessKeyId"], outputs["SecretAccessKey"])
    return session
