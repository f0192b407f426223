import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.errors import Abort, InvalidInput, TaskTimeout, UnknownTaskType
from taskmill.model.retry import Retry

POLICIES = st.builds(
    Retry,
    max_attempts=st.integers(1, 50),
    base_seconds=st.floats(0, 1_000),
    factor=st.floats(1, 10),
    max_seconds=st.floats(0, 43_200),
    jitter=st.just("none"),
)


@given(POLICIES, st.integers(1, 49))
def test_delays_grow_up_to_their_cap(policy: Retry, attempt: int) -> None:
    delay, following = policy.delay_ms(attempt), policy.delay_ms(attempt + 1)

    assert 0 <= delay <= following <= round(policy.max_seconds * 1000)


@given(st.integers(1, 2_000))
def test_jitter_draws_below_the_delay(attempt: int) -> None:
    jittered = Retry(max_attempts=3_000).delay_ms(attempt)

    assert 0 <= jittered <= Retry(jitter="none").delay_ms(attempt)


def test_delays_double_by_default() -> None:
    delays = [Retry(jitter="none").delay_ms(attempt) for attempt in (1, 2, 3)]

    assert delays == [2_000, 4_000, 8_000]


@given(st.integers(1, 20), st.integers(1, 30))
def test_there_are_no_more_attempts_than_allowed(allowed: int, attempt: int) -> None:
    assert Retry(max_attempts=allowed).allows(ValueError(), attempt) == (attempt < allowed)


@pytest.mark.parametrize("error", [Abort("no"), InvalidInput("no"), UnknownTaskType("no")])
def test_what_no_attempt_can_mend_is_not_tried_again(error: Exception) -> None:
    assert not Retry(max_attempts=9, on=(Exception,)).allows(error, 1)


def test_a_policy_names_its_errors() -> None:
    policy = Retry(on=(OSError,), never=(FileNotFoundError,))

    assert policy.allows(ConnectionError(), 1)
    assert not policy.allows(FileNotFoundError(), 1)
    assert not policy.allows(ValueError(), 1)


def test_a_timeout_is_worth_another_attempt() -> None:
    assert Retry().allows(TaskTimeout("late"), 1)


@given(POLICIES, st.integers(1, 20), st.integers(1, 30))
def test_a_single_class_of_errors_is_as_good_as_a_tuple(
    policy: Retry, allowed: int, attempt: int
) -> None:
    alone = dataclasses.replace(policy, max_attempts=allowed, on=OSError, never=FileNotFoundError)
    paired = dataclasses.replace(alone, on=(OSError,), never=(FileNotFoundError,))

    for error in (ConnectionError(), FileNotFoundError(), ValueError()):
        assert alone.allows(error, attempt) == paired.allows(error, attempt)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"jitter": "half"}, "jitter is 'half'"),
        ({"on": (ValueError, "KeyError")}, "on is .*classes of errors"),
        ({"never": KeyError("no")}, "never is .*classes of errors"),
        ({"base_seconds": float("nan")}, "0 or more"),
        ({"max_seconds": float("inf")}, "0 or more"),
        ({"factor": float("inf")}, "factor 1 or more"),
    ],
    ids=str,
)
def test_what_is_no_policy_is_refused_where_it_is_written(
    wrong: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        Retry(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"max_attempts": 0}, {"base_seconds": -1}, {"factor": 0.5}, {"max_seconds": -1}]
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"max_attempts is 0|0 or more"):
        Retry(**wrong)  # type: ignore[arg-type]


NESTED = ExceptionGroup("h", [KeyError(2)])


@pytest.mark.parametrize(
    ("policy", "error", "obstacle"),
    [
        (Retry(), ExceptionGroup("g", [OSError(1), KeyError(2)]), None),
        (Retry(), ExceptionGroup("g", [OSError(1), Abort("2")]), Abort),
        (Retry(), BaseExceptionGroup("g", [OSError(1), SystemExit(2)]), SystemExit),
        (Retry(on=OSError), ExceptionGroup("g", [OSError(1), KeyError(2)]), KeyError),
        (Retry(on=ExceptionGroup), ExceptionGroup("g", [OSError(1), KeyError(2)]), None),
        (
            Retry(never=KeyError),
            ExceptionGroup("g", [ExceptionGroup("h", [KeyError(2)])]),
            KeyError,
        ),
        (Retry(never=ExceptionGroup), ExceptionGroup("g", [OSError(1)]), OSError),
        (Retry(on=KeyError), ExceptionGroup("g", [OSError(1), Abort("2")]), Abort),
    ],
)
def test_a_group_is_judged_by_its_members(
    policy: Retry, error: BaseException, obstacle: type[BaseException] | None
) -> None:
    found = policy.obstacle(error)

    assert found is None if obstacle is None else isinstance(found, obstacle)
    assert policy.allows(error, 1) is (obstacle is None)
    assert not policy.allows(error, policy.max_attempts)
