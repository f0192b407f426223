"""Settings of `taskmill work` and `sweep`: from flags, the environment, then the local cloud."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taskmill.cli.call import Call
from taskmill.cli.workers.module_folders import find_modules
from taskmill.model.errors import TaskmillError
from taskmill.model.pools import CONTAINER
from taskmill.wiring.setting_values import of_pools

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
    from taskmill.wiring.settings import InvalidSetting

    given: dict[str, str] = {}
    if modules is not None:
        given["TASKMILL_MODULES"] = modules
    if queue_urls:
        given["TASKMILL_QUEUE_URL"] = queue_urls[0]
    if call.output.err.is_terminal and not call.output.as_json:  # the live line shows the rest
        given["POWERTOOLS_LOG_LEVEL"] = os.environ.get("POWERTOOLS_LOG_LEVEL") or "WARNING"
    wiring = wired_to_stack(call, needed=NEEDED, given=given, connections=connections)
    try:
        _ = wiring.queue_at, wiring.in_lambda
    except InvalidSetting as wrong:
        raise CannotWork(str(wrong)) from None
    if not (wiring.settings.modules or wiring.settings.factory):
        raise CannotWork(
            "which task functions? Name their modules with --modules or in TASKMILL_MODULES"
        )
    find_modules(call.output, wiring.settings.modules)
    _load(wiring)
    return wiring


def wired_to_stack(
    call: Call, *, needed: Mapping[str, str], given: Mapping[str, str], connections: int
) -> Wiring:
    """A wiring for the stack that the environment names, or else for this folder's local cloud.

    Args:
        needed: Variables that must be set, each with the stack output that has its value.
        given: Replace variables of the environment.
        connections: Size of the connection pool to each AWS service.

    Raises:
        CannotWork: A setting is missing or wrong; the message says what to do.
    """
    from taskmill.wiring.process import wired

    local = {} if os.environ.get("TASKMILL_TABLE") else _local_outputs(call.stack)
    known = {**needed, **OPTIONAL}
    of_stack = {setting: local[name] for setting, name in known.items() if name in local}
    of_stack |= _pool_settings(local)
    environment = {"TASKMILL_RUNNER": "container", **of_stack, **os.environ, **given}
    _check(environment, needed)
    return wired(
        environment,
        session=_session(call, local),
        endpoint_url=local.get("EndpointUrl"),
        connections=connections,
        log_stream=Stderr(),
    )


def urls_of_pools(names: Sequence[str], *, stack: str | None = None) -> list[str]:
    """The queues of these worker pools, by the environment or else by this folder's local cloud.

    Raises:
        CannotWork: Nothing says where the queue of a pool is.
    """
    local = {} if os.environ.get("TASKMILL_TABLE") else _local_outputs(stack)
    known = {**_pool_settings(local), **os.environ}
    if CONTAINER in names and "ContainerQueueUrl" in local:
        known.setdefault(_url_setting(CONTAINER), local["ContainerQueueUrl"])
    missing = [name for name in names if not known.get(_url_setting(name))]
    if missing:
        have = dict(of_pools(known, "URL"))
        raise CannotWork(
            f"which queue has the pool {missing[0]!r}? {_url_setting(missing[0])} is not set;"
            f" pools with a queue here: {', '.join(sorted(have)) or 'none'}"
        )
    return [known[_url_setting(name)] for name in names]


def _pool_settings(outputs: Mapping[str, str]) -> dict[str, str]:
    """The settings of the worker pools that a stack's outputs name."""
    pools = outputs.get("Pools", "")
    names = [each.partition(":")[0] for each in pools.split(",") if each]
    urls = {_url_setting(name): outputs[f"Pool{_pascal(name)}QueueUrl"] for name in names}
    return {"TASKMILL_POOLS": pools, **urls} if pools else {}


def _url_setting(pool: str) -> str:
    if pool == CONTAINER:
        return "TASKMILL_CONTAINER_QUEUE_URL"
    return f"TASKMILL_POOL_{pool.upper().replace('-', '_')}_URL"


def _pascal(name: str) -> str:
    return "".join(map(str.capitalize, name.split("-")))


def _check(environment: Mapping[str, str], needed: Mapping[str, str]) -> None:
    missing = [
        f"{each} (stack output {needed[each]})" for each in needed if not environment.get(each)
    ]
    if missing:
        raise CannotWork(
            f"not set: {', '.join(missing)}. The stack's outputs are in"
            " `aws cloudformation describe-stacks`; a local cloud started here has them, too"
        )


def _load(wiring: Wiring) -> None:
    """Import the task functions now: without them a consumer would fail every task."""
    from taskmill.functions.user_code import described, passes

    try:
        wiring.registry.load()
    except BaseException as error:
        if passes(error):
            raise
        where = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        raise CannotWork(
            f"cannot load the task functions: {described(error)}{where}."
            " Modules are looked for in this folder, in those right below it, and on PYTHONPATH"
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


def _local_outputs(stack: str | None) -> Mapping[str, str]:
    """The outputs of this folder's local cloud; empty if there is none.

    Raises:
        CannotWork: It has several stacks, and none is chosen.
    """
    try:
        from taskmill.client.outputs import local_outputs, which_stack
    except ImportError:  # in a container image without the client's dependencies
        return {}
    found = local_outputs(stack=stack)
    if problem := which_stack(found):
        raise CannotWork(problem)
    return found
