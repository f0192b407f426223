"""Token buckets: never more than a full one and what has been added since."""

from hypothesis import given
from hypothesis import strategies as st

from taskmill.model.token_buckets import KNOWN, TokenBuckets


class Time:
    now = 1_770_000_000_000

    def __call__(self) -> int:
        return self.now


@given(
    capacity=st.integers(1, 50),
    per_second=st.integers(1, 20),
    pauses=st.lists(st.integers(0, 2_000), max_size=200),
)
def test_no_more_is_taken_than_there_was_and_was_added(
    capacity: int, per_second: int, pauses: list[int]
) -> None:
    time = Time()
    buckets = TokenBuckets(capacity=capacity, per_second=per_second, clock=time)
    taken = 0
    for pause in pauses:
        time.now += pause
        taken += buckets.take("mbc") == 0

    assert taken <= capacity + per_second * sum(pauses) / 1000


@given(capacity=st.integers(1, 20), per_second=st.sampled_from([0.1, 1, 7, 100]))
def test_who_waits_as_long_as_told_gets_one(capacity: int, per_second: float) -> None:
    time = Time()
    buckets = TokenBuckets(capacity=capacity, per_second=per_second, clock=time)
    for _ in range(capacity):
        assert buckets.take("mbc") == 0

    wait = buckets.take("mbc")
    assert wait >= 1
    time.now += wait * 1000

    assert buckets.take("mbc") == 0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    time = Time()
    buckets = TokenBuckets(capacity=1, per_second=1, clock=time)
    buckets.take("mbc")
    time.now -= 3_600_000

    assert buckets.take("mbc") == 1


def test_callers_do_not_share_a_bucket() -> None:
    buckets = TokenBuckets(capacity=1, per_second=1, clock=Time())

    assert [buckets.take(name) for name in ("a", "b", "a")] == [0, 0, 1]


def test_memory_does_not_grow_with_the_number_of_callers() -> None:
    buckets = TokenBuckets(capacity=1, per_second=1, clock=Time())
    for number in range(KNOWN + 5):
        buckets.take(f"caller-{number}")

    assert len(buckets._buckets) == KNOWN
