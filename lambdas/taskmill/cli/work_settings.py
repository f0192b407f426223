"""Settings of `taskmill work`: from flags, then the environment, then the local cloud."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taskmill.cli.call import Call
from taskmill.model.errors import TaskmillError

if TYPE_CHECKING:
    from taskmill.wiring.wiring import Wiring

# Required and optional environment variables of a consumer, each with the stack output that has its
# value.
NEEDED: Mapping[str, str] = {
    "TASKMILL_TABLE": "TableName",
    "TASKMILL_BUCKET": "BucketName",
    "TASKMILL_QUEUE_URL": "QueueUrl",
}
OPTIONAL: Mapping[str, str] = {
    "TASKMILL_PRIORITY_QUEUE_URL": "PriorityQueueUrl",
    "TASKMILL_CONTAINER_QUEUE_URL": "ContainerQueueUrl",
    "TASKMILL_UNREADABLE_URL": "UnreadableUrl",
}


class CannotWork(TaskmillError):
    """A setting is missing or wrong."""

    code = "not_configured"
    http_status = 400


class Stderr:
    """A stream that writes to the current `sys.stderr`, which a live display replaces at times."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def wired_here(
    call: Call, *, queue_urls: Sequence[str], modules: str | None, connections: int
) -> Wiring:
    """A wiring for a consumer, with its task functions loaded.

    Args:
        queue_urls: Replace the queues of the stack.
        modules: Replaces `TASKMILL_MODULES`.
        connections: Size of the connection pool to each AWS service.

    Raises:
        CannotWork: A setting is missing or wrong; the message says what to do.
    """
    from taskmill.wiring.process import wired
    from taskmill.wiring.settings import InvalidSetting

    local = {} if os.environ.get("TASKMILL_TABLE") else _local_outputs()
    environment = {"TASKMILL_RUNNER": "container", **_of_stack(local), **os.environ}
    if modules is not None:
        environment["TASKMILL_MODULES"] = modules
    if queue_urls:
        environment["TASKMILL_QUEUE_URL"] = queue_urls[0]
    if call.output.err.is_terminal and not call.output.as_json:
        environment.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")  # the live line shows the rest
    _check(environment)
    wiring = wired(
        environment,
        session=_session(call, local),
        endpoint_url=local.get("EndpointUrl"),
        connections=connections,
        log_stream=Stderr(),
    )
    try:
        _ = wiring.queue_at, wiring.in_lambda
    except InvalidSetting as wrong:
        raise CannotWork(str(wrong)) from None
    _load(wiring)
    return wiring


def _of_stack(outputs: Mapping[str, str]) -> dict[str, str]:
    """Environment variables from the outputs of a stack."""
    known = {**NEEDED, **OPTIONAL}
    return {setting: outputs[name] for setting, name in known.items() if name in outputs}


def _check(environment: Mapping[str, str]) -> None:
    missing = [
        f"{each} (stack output {NEEDED[each]})" for each in NEEDED if not environment.get(each)
    ]
    if missing:
        raise CannotWork(
            f"not set: {', '.join(missing)}. The stack's outputs are in"
            " `aws cloudformation describe-stacks`; a local cloud started here has them, too"
        )
    if not (environment.get("TASKMILL_MODULES") or environment.get("TASKMILL_FACTORY")):
        raise CannotWork(
            "which task functions? Name their modules with --modules or in TASKMILL_MODULES"
        )


def _load(wiring: Wiring) -> None:
    """Import the task functions now: without them a consumer would fail every task."""
    try:
        wiring.registry.load()
    except Exception as error:  # task code may raise anything
        raise CannotWork(
            f"cannot load the task functions: {type(error).__name__}: {error}."
            " Modules are looked for in this folder and on PYTHONPATH"
        ) from error


def _session(call: Call, local: Mapping[str, str]) -> Any:
    """A boto3 session: with the local cloud's credentials, or with AWS's usual settings."""
    import boto3
    from botocore.exceptions import ProfileNotFound

    if local:
        return boto3.Session(
            aws_access_key_id=local["AccessKeyId"],
            aws_secret_access_key=local["SecretAccessKey"],
            region_name=local["Region"],
        )
    region = call.region or os.environ.get("AWS_REGION")
    try:
        session = boto3.Session(profile_name=call.profile, region_name=region)
    except ProfileNotFound as error:
        raise CannotWork(str(error)) from None
    if session.region_name is None:
        raise CannotWork("which AWS region? Give --region or set AWS_REGION")
    if session.get_credentials() is None:
        raise CannotWork("no AWS credentials: give --profile, or set AWS_PROFILE or the like")
    return session


def _local_outputs() -> Mapping[str, str]:
    """The outputs of this folder's local cloud; empty if there is none."""
    try:
        from taskmill.client.outputs import local_outputs
    except ImportError:  # in a container image without the client's dependencies
        return {}
    return local_outputs()
