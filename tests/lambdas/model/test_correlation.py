"""Who and what caused a task is on every log line of its attempts, and of what it starts."""

import io
import json
import uuid
from collections.abc import Iterator
from typing import Any, Self

import pytest
from builders import any_fan_out, any_row, any_task

from taskmill import Abort, Retry, TaskContext, task
from taskmill.model.correlation import caused_as, correlation
from taskmill.models import InvokeContext
from taskmill.testing import InProcessCloud

CALLER = InvokeContext(user="ann", request_id="r-1", log_ids={"trace": "t-1"})
CAUSE = {"order": "o-17", "trace": "t-1", "user": "ann", "request_id": "r-1"}


@task("speaking")
def speaking(value: Any, ctx: TaskContext) -> None:
    ctx.logger.info("at work", value=value)


@task("failing", retry=Retry(max_attempts=2))
def failing(_: Any) -> None:
    raise LookupError("nothing there")


@task("starting")
def starting(value: Any, ctx: TaskContext) -> None:
    ctx.logger.info("before")
    ctx.run(speaking, value)
    ctx.map(speaking, [1, 2])


@task("refusing")
def refusing(_: Any) -> None:
    raise Abort("no")


class Logged(InProcessCloud):
    """A cloud whose functions' log lines are kept."""

    def __enter__(self) -> Self:
        super().__enter__()
        self.log = io.StringIO()
        self.wiring.logger.registered_handler.setStream(self.log)
        return self

    def lines(self, message: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in lines if line["message"] == message]


@pytest.fixture
def logged() -> Iterator[Logged]:
    # A logger of its own: loggers of one name share their handler.
    name = {"POWERTOOLS_SERVICE_NAME": f"service-{uuid.uuid4()}", "POWERTOOLS_LOG_LEVEL": "INFO"}
    with Logged(environment=name) as cloud:
        yield cloud


def cause(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in CAUSE if name in line}


def test_a_row_s_cause_is_what_is_known_of_it() -> None:
    row = any_row(log_ids={"order": "o-17"}, created_by="ann", request_id="r-1")

    assert correlation(row) == {"order": "o-17", "user": "ann", "request_id": "r-1"}
    assert correlation(any_row()) == {}
    assert correlation(caused_as(any_row(), row)) == correlation(row)


def test_every_line_of_a_task_carries_its_cause(logged: Logged) -> None:
    new = any_task(task_type="speaking", log_ids={"order": "o-17"})
    key = logged.service.create_task(task=new, invoke_context=CALLER).key
    logged.service.create_task(task=any_task(task_type="speaking"))

    logged.run()

    for message in ("claimed", "at work", "ended"):
        (line, _) = logged.lines(message)
        assert (line["key"], cause(line)) == (str(key), CAUSE)
    first, second = logged.lines("at work")
    assert (first["key"], first["attempt"], cause(first)) == (str(key), 1, CAUSE)
    assert cause(second) == {}  # nothing stays behind for the next task


def test_subtasks_carry_the_cause_of_their_fan_out(logged: Logged) -> None:
    new = any_fan_out(task_type="speaking", input=[1, 2], log_ids={"order": "o-17"})
    logged.service.create_step_function_task(task=new, invoke_context=CALLER)

    logged.run()

    lines = logged.lines("at work")
    assert [line["value"] for line in lines] == [1, 2]
    assert [cause(line) for line in lines] == [CAUSE] * 2


def test_children_and_their_subtasks_carry_the_cause_of_the_first_of_them(logged: Logged) -> None:
    new = any_task(task_type="starting", input="child", log_ids={"order": "o-17"})
    logged.service.create_task(task=new, invoke_context=CALLER)

    logged.run()

    assert sorted(str(line["value"]) for line in logged.lines("at work")) == ["1", "2", "child"]
    for line in [*logged.lines("before"), *logged.lines("at work")]:
        assert cause(line) == CAUSE


@pytest.mark.parametrize(("task_type", "attempts"), [("failing", 2), ("refusing", 1)])
def test_a_failed_attempt_is_told_with_its_cause(
    logged: Logged, task_type: str, attempts: int
) -> None:
    new = any_task(task_type=task_type, log_ids={"order": "o-17"})
    logged.service.create_task(task=new, invoke_context=CALLER)

    logged.run()

    lines = logged.lines("attempt failed")
    assert [cause(line) for line in lines] == [CAUSE] * attempts


def test_a_log_id_does_not_take_the_place_of_a_line_s_own_field(logged: Logged) -> None:
    log_ids = {"error": "mine", "status": "mine", "value": "mine"}
    key = logged.service.create_task(task=any_task(task_type="refusing", log_ids=log_ids)).key

    logged.run()

    assert logged.service.get_task(key=key).status == "FAILED"
    (failed,) = logged.lines("attempt failed")
    (ended,) = logged.lines("ended")
    assert (failed["error"], failed["status"], ended["status"]) == ("Abort", "mine", "FAILED")
