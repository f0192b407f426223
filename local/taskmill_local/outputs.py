"""The outputs of all deployed stacks, as clients of the local cloud read them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from taskmill_local.environments import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, endpoint_url
from taskmill_local.errors import LocalCloudError

Outputs = dict[str, str]
Stacks = Mapping[str, Mapping[str, str]]


def describe(stacks: Stacks, port: int, *, stack: str | None = None) -> Outputs:
    """The stack outputs in one flat mapping, with endpoint, region and credentials for clients.

    With several stacks of tasks, they are those of ``stack``; without it, none of theirs are there,
    and ``TaskStacks`` has their names. ``ApiUrl`` is derived from ``ApiId``, since the stack's own
    output is a URL of amazonaws.com.

    Raises:
        LocalCloudError: ``stack`` is not one of them.
    """
    with_tasks = [name for name, outputs in stacks.items() if "TableName" in outputs]
    if stack is not None and stack not in stacks:
        raise LocalCloudError(f"The app has no stack {stack}. It has: {', '.join(stacks)}.")
    chosen = stack or (with_tasks[0] if len(with_tasks) == 1 else None)
    outputs: Outputs = {}
    for name, each in stacks.items():
        if name not in with_tasks:
            outputs |= each
    if chosen:
        outputs |= with_url(stacks[chosen], port)
    elif len(with_tasks) > 1:
        outputs["TaskStacks"] = ",".join(with_tasks)
    first = next(iter(stacks), "")
    return {
        **with_url(outputs, port),
        "StackName": chosen or ("" if with_tasks else first),
        "EndpointUrl": endpoint_url(port),
        "Region": REGION,
        "AccessKeyId": ACCESS_KEY_ID,
        "SecretAccessKey": SECRET_ACCESS_KEY,
    }


def with_url(outputs: Mapping[str, str], port: int) -> Outputs:
    """The outputs of a stack, with the URL at which its API answers here."""
    if "ApiId" not in outputs:
        return dict(outputs)
    return {**outputs, "ApiUrl": f"{endpoint_url(port)}/_aws/execute-api/{outputs['ApiId']}"}


def write(file: Path, outputs: Outputs, stacks: Stacks, port: int) -> None:
    """Write the file that clients read; with several stacks, it has the outputs of each, too."""
    document: dict[str, Any] = dict(outputs)
    if len(stacks) > 1:
        document["Stacks"] = {name: with_url(each, port) for name, each in stacks.items()}
    file.write_text(json.dumps(document, indent=2) + "\n")


def read(file: Path) -> Outputs:
    """The outputs in the file, flat: those of one stack of several as ``Stack.Name``."""
    if not file.exists():
        return {}
    document = dict(json.loads(file.read_text()))
    stacks = document.pop("Stacks", {})
    if "TaskStacks" not in document:
        return document
    flat = {f"{stack}.{name}": value for stack, of in stacks.items() for name, value in of.items()}
    return {**document, **flat}
