"""The checks of `taskmill doctor`, from this machine to the tasks of the tenant."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from taskmill.cli.call import Call
from taskmill.cli.doctor.findings import Finding, State, fine, warning, wrong
from taskmill.cli.exits import Exit, exit_of
from taskmill.model.errors import Forbidden, TaskmillError, Throttled
from taskmill.model.statuses import Status

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import Task

SKEW = timedelta(minutes=5)  # AWS refuses signatures that differ by more
WAITS_TOO_LONG = timedelta(minutes=5)
LOOKED_AT = 50  # newest tasks
SECONDS = 10.0


def findings(call: Call) -> Iterator[Finding]:
    """The findings in their order; the first that is wrong is the last."""
    for check in (_versions, _this_folder, _reach):
        for finding in check(call):
            yield finding
            if finding.state is State.WRONG:
                return


def _versions(call: Call) -> Iterator[Finding]:
    using = f", profile {call.using}" if call.using else ""
    told = f"taskmill {version('taskmill')}, Python {platform.python_version()}"
    yield fine("versions", f"{told}{using}")


def _this_folder(call: Call) -> Iterator[Finding]:
    """The local cloud, if the outputs of one are here and are what the commands use."""
    from taskmill.client.outputs import are_of, dev_outputs, local_outputs, which_stack

    outputs = {} if dev_outputs() else local_outputs(stack=call.stack)
    if not outputs or (call.url and not are_of(outputs, call.url)):
        return
    if problem := which_stack(outputs):
        yield wrong("local cloud", problem, "give --stack, or set TASKMILL_STACK")
        return
    if _answers(outputs["EndpointUrl"]):
        yield fine("local cloud", f"runs at {outputs['EndpointUrl']}")
    else:
        yield wrong(
            "local cloud",
            f"it was deployed to {outputs['EndpointUrl']}, where nothing answers now",
            "taskmill local up",
            code=Exit.UNREACHABLE,
        )


def _answers(url: str) -> bool:
    import httpx

    try:
        httpx.get(f"{url}/_ministack/health", timeout=SECONDS, trust_env=False)
    except httpx.HTTPError:
        return False
    return True


def _reach(call: Call) -> Iterator[Finding]:
    """Settings, credentials and the API; then its tasks."""
    try:
        client = call.client()
    except TaskmillError as error:
        yield wrong("settings", error.message, _fix_of_settings(error), code=exit_of(error))
        return
    with client:
        yield fine("settings", f"{client.url}, tenant {client.tenant}")
        for step in (_health, _access, _tasks):
            for finding in step(call, client):
                yield finding
                if finding.state is State.WRONG:
                    return


def _fix_of_settings(error: TaskmillError) -> str:
    if "tenant" in error.message:
        return "give --tenant, set TASKMILL_TENANT, or keep it in a profile: taskmill use"
    if "region" in error.message:
        return "give --region, set AWS_REGION, or keep it in a profile: taskmill use"
    return "give --url, set TASKMILL_URL, make a profile with taskmill use, or run taskmill dev"


def _health(call: Call, client: TaskClient) -> Iterator[Finding]:
    """Whether the API answers at all, and whether the clocks agree."""
    import httpx

    try:
        with httpx.Client(transport=call.transport, timeout=SECONDS) as plain:
            answer = plain.get(f"{client.url}/health")
    except httpx.HTTPError as error:
        yield wrong(
            "API",
            f"no answer from {client.url}: {str(error) or type(error).__name__}",
            "check the URL and the network",
            code=Exit.UNREACHABLE,
        )
        return
    skew = _skew(answer.headers.get("date"))
    if skew is not None and abs(skew) > SKEW:
        ahead = "ahead" if skew > timedelta() else "behind"
        yield wrong(
            "clock",
            f"the clock of this machine is {abs(skew).total_seconds():,.0f} s {ahead}; AWS refuses"
            f" signatures that are more than {SKEW.total_seconds():,.0f} s off",
            "set the clock, for example by NTP",
            code=Exit.UNREACHABLE,
        )
        return
    yield fine("API", f"answers at {client.url}")


def _skew(date: str | None) -> timedelta | None:
    """How far this machine's clock is ahead of an answer's."""
    try:
        return datetime.now(UTC) - parsedate_to_datetime(date) if date else None
    except (TypeError, ValueError):
        return None


def _access(_: Call, client: TaskClient) -> Iterator[Finding]:
    """Whether the credentials are good, and the tenant is allowed to them."""
    try:
        next(iter(client.list(page_size=1)), None)
    except Forbidden as error:
        yield wrong(
            "access",
            error.message,
            f"use credentials that may call this API for tenant {client.tenant}, or another tenant",
            code=Exit.UNREACHABLE,
        )
    except Throttled as error:
        yield warning("access", error.message, "try again in a moment")
    except TaskmillError as error:
        fix = "log in again, such as with `aws sso login`, or give --profile"
        yield wrong("access", error.message, fix, code=exit_of(error))
    else:
        yield fine("access", f"the tasks of tenant {client.tenant} can be read")


def _tasks(_: Call, client: TaskClient) -> Iterator[Finding]:
    """What the newest tasks show: types without code, and tasks that no worker takes."""
    from taskmill.cli.tasks.newest import Newest

    tasks = Newest(client, LOOKED_AT).find()
    unknown = sorted({task.type for task in tasks if _error(task) == "UnknownTaskType"})
    if unknown:
        yield warning(
            "task types",
            f"tasks failed as the workers have no code for their type: {', '.join(unknown)}",
            "name the module of the type in TaskSource(modules=…), and deploy",
        )
    waiting = [task for task in tasks if _waits_too_long(task)]
    if waiting:
        oldest = waiting[-1]
        in_containers = oldest.runner == "container" or oldest.pool is not None
        yield warning(
            "workers",
            f"{len(waiting)} of the newest tasks wait for a worker, the oldest is"
            f" {oldest.type} {oldest.code}",
            f"start consumers for it: taskmill work{_pool(oldest)}"
            if in_containers
            else "look for errors of the worker function: taskmill logs --since 1h",
        )
    if not unknown and not waiting:
        yield fine("tasks", "none of the newest waits too long or lacks code")


def _pool(task: Task) -> str:
    return f" --pool {task.pool}" if task.pool not in (None, "container") else ""


def _error(task: Task) -> object:
    error = task.attributes.get("error")
    return error.get("type") if isinstance(error, dict) else None


def _waits_too_long(task: Task) -> bool:
    since = task.updated_at
    waits = task.status in (Status.CREATED, Status.QUEUED) and since is not None
    due = task.run_at is None or task.run_at < datetime.now(UTC)
    return waits and due and since is not None and datetime.now(UTC) - since > WAITS_TOO_LONG
