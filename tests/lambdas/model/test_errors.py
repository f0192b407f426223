from typing import Any, ClassVar

import pytest
from builders import any_key
from hypothesis import given
from hypothesis import strategies as st

from taskmill import errors
from taskmill.errors import TaskmillError, describe_error
from taskmill.model.error_details import MESSAGE_LIMIT, STACK_LIMIT
from taskmill.model.wait_errors import TaskFailed


class Wordless(Exception):
    def __str__(self) -> str:
        return ""


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("even its message is broken")

    __repr__ = __str__


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except type(error) as caught:
        return caught


@given(st.text(), st.sampled_from([ValueError, KeyError, SystemExit, Wordless, TaskmillError]))
def test_a_description_is_never_empty(text: str, kind: type[BaseException]) -> None:
    described = describe_error(raised(kind(text)))

    assert set(described) == {"type", "message", "stack", "fingerprint"}
    assert described["type"] == kind.__name__
    assert all(described.values())


@given(st.text(min_size=1), st.integers(1, 3_000))
def test_a_description_is_trimmed(text: str, times: int) -> None:
    described = describe_error(raised(ValueError(text * times)))

    assert len(described["message"]) <= MESSAGE_LIMIT
    assert len(described["stack"]) <= STACK_LIMIT


@pytest.mark.parametrize("message", ["x" * 100_000, "line\n" * 10_000], ids=["wide", "tall"])
def test_a_long_message_leaves_room_for_the_frames(message: str) -> None:
    described = describe_error(raised(ValueError(message)))

    assert "test_errors.py" in described["stack"]
    assert "in raised" in described["stack"]


def test_the_newest_frames_are_kept() -> None:
    def deep(levels: int) -> None:
        if not levels:
            raise ValueError("at the bottom")
        deep(levels - 1)

    try:
        deep(200)
    except ValueError as error:
        described = describe_error(error)

    assert described["stack"].endswith("ValueError: at the bottom")
    assert "in deep" in described["stack"]


def test_the_cause_is_part_of_the_stack() -> None:
    error = ValueError("second")
    error.__cause__ = raised(KeyError("first"))

    described = describe_error(raised(error))

    assert "KeyError: 'first'" in described["stack"]


def test_an_error_whose_message_cannot_be_had_is_described_all_the_same() -> None:
    described = describe_error(raised(Speechless()))

    assert described["type"] == "Speechless"
    assert all(described.values())


@given(st.text(st.characters(exclude_categories=())))
def test_a_description_is_text_that_utf_8_can_hold(text: str) -> None:
    for part in describe_error(raised(OSError(text))).values():
        part.encode()


def test_a_failure_of_something_that_is_no_task_is_described_all_the_same() -> None:
    class Fake:
        status, key = "FAILED", any_key()
        attributes: ClassVar[dict[str, Any]] = {"error": {"type": "E", "message": "m"}}

    error = TaskFailed(Fake())
    error.task = None

    assert describe_error(raised(error))["type"] == "TaskFailed"


def test_a_group_of_thousands_is_described_shortly() -> None:
    group = ExceptionGroup("many", [ValueError("x" * 5_000) for _ in range(5_000)])

    described = describe_error(raised(group))

    assert described["type"] == "ValueError"
    assert described["message"].endswith("; 4,996 more)")
    assert len(described["message"]) <= MESSAGE_LIMIT


def test_groups_nested_deeper_than_calls_can_be_are_described() -> None:
    error: Exception = KeyError("at the bottom")
    for _ in range(5_000):
        error = ExceptionGroup("nested", [error])

    assert describe_error(raised(error))["message"] == "'at the bottom'"


def test_an_error_that_was_never_raised_has_a_stack_too() -> None:
    assert describe_error(ValueError("made up"))["stack"] == "ValueError: made up"


def all_errors() -> list[type[TaskmillError]]:
    found = [TaskmillError]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith("taskmill.model.")]


@pytest.mark.parametrize("kind", all_errors())
def test_every_error_has_a_code_and_an_http_status(kind: type[TaskmillError]) -> None:
    assert kind.code == kind.code.lower()
    assert kind.http_status in {400, 403, 404, 408, 409, 410, 413, 422, 429, 500, 503}


def test_a_limit_is_named_with_what_was_sent() -> None:
    error = errors.LimitExceeded("input", actual=1_000_001, limit=1_000_000, unit="subtasks")

    assert str(error) == "input is 1,000,001 subtasks; at most 1,000,000 are accepted"
    assert error.details == {"field": "input", "actual": 1_000_001, "limit": 1_000_000}
