"""Rate limits in the table: when those who take units may start."""

import random

from hypothesis import given
from hypothesis import strategies as st
from moto_cloud import BOTH_TABLES

from taskmill.aws.dynamodb.flow_control.rates import RateStore
from taskmill.aws.dynamodb.flow_control.settings import LimitSettings, SetLimit, SetLimits
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.flow_control.reservations import Pace
from taskmill.testing import InProcessCloud

STRIPE = LimitId("acme", "stripe")
TEN = Pace(10, 1, 5)


def store_of(cloud: InProcessCloud) -> RateStore:
    table = cloud.wiring.table
    return RateStore(table, LimitSettings(table, clock=cloud.clock), clock=cloud.clock)


@BOTH_TABLES
def test_a_burst_starts_at_once_and_the_rest_at_the_rate(cloud: InProcessCloud) -> None:
    starts = store_of(cloud).take(STRIPE, [1] * 8, TEN)

    assert [at - cloud.now for at in starts] == [0, 0, 0, 0, 0, 100, 200, 300]


@BOTH_TABLES
def test_who_comes_later_stands_behind(cloud: InProcessCloud) -> None:
    store = store_of(cloud)
    store.take(STRIPE, [1] * 8, TEN)
    cloud.sleep(0.25)

    assert [at - cloud.now for at in store.take(STRIPE, [1, 1], TEN)] == [150, 250]


@BOTH_TABLES
def test_after_a_quiet_time_there_is_a_burst_again_and_no_more(cloud: InProcessCloud) -> None:
    store = store_of(cloud)
    store.take(STRIPE, [1] * 50, TEN)
    cloud.sleep(3600)

    assert [at - cloud.now for at in store.take(STRIPE, [1] * 7, TEN)] == [0] * 5 + [100, 200]


@BOTH_TABLES
def test_a_row_does_not_expire_before_the_starts_that_it_granted(cloud: InProcessCloud) -> None:
    """One a day, for thirty days: nobody takes any in between."""
    daily = Pace(1, 86_400, 1)
    for _ in range(30):
        (last,) = store_of(cloud).take(STRIPE, [1], daily)

    row = cloud.wiring.table.get(STRIPE.rate)
    assert row is not None
    assert last - cloud.now >= 29 * 86_400_000
    assert row["ttl"] * 1_000 > last


@BOTH_TABLES
def test_a_pause_holds_the_whole_key_and_no_burst_follows(cloud: InProcessCloud) -> None:
    store, until = store_of(cloud), cloud.now + 30_000
    store.pause(STRIPE, until, TEN)
    store.pause(STRIPE, until - 20_000, TEN)

    assert store.paused_until([STRIPE, LimitId("acme", "other")]) == until
    assert store.take(STRIPE, [1, 1], TEN) == [until, until + 100]
    assert store.take(LimitId("acme", "stripe", "c-1"), [1], TEN) == [cloud.now]


@BOTH_TABLES
def test_units_may_be_corrected(cloud: InProcessCloud) -> None:
    store = store_of(cloud)
    store.correct(STRIPE, 5, TEN)
    assert store.take(STRIPE, [5], TEN) == [cloud.now]
    store.correct(STRIPE, 10, TEN)
    assert store.take(STRIPE, [1], TEN) == [cloud.now + 1_100]
    store.correct(STRIPE, -11, TEN)
    assert store.take(STRIPE, [1], TEN) == [cloud.now + 100]


@BOTH_TABLES
def test_what_an_operator_sets_goes_before_the_code(cloud: InProcessCloud) -> None:
    settings = SetLimits(cloud.wiring.table, clock=cloud.clock)
    key = LimitId("acme", "stripe", "c-1")
    settings.put(key, key.general, SetLimit(rate=1, per_seconds=10, burst=1, by="ops"))

    starts = store_of(cloud).take(key, [1, 1], TEN)
    assert [at - cloud.now for at in starts] == [0, 10_000]

    settings.put(key, key.setting, SetLimit(rate=2))
    starts = store_of(cloud).take(key, [1], TEN)
    assert starts[0] - cloud.now == 20_000 - 500  # 20 s are taken; now a unit is half a second
    assert settings.delete(key.setting)
    assert not settings.delete(key.setting)


@given(
    seed=st.integers(0, 2**32),
    rate=st.integers(1, 200),
    per_seconds=st.integers(1, 90),
    burst=st.integers(1, 50),
)
def test_in_no_time_more_starts_than_the_burst_and_the_rate_allow(
    seed: int, rate: int, per_seconds: int, burst: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # no secret
    pace = Pace(rate, per_seconds, burst)
    with InProcessCloud(modules=["flow_tasks"], load_modules=False) as cloud:
        store, starts = store_of(cloud), []
        for _ in range(12):
            units = [chance.randint(1, burst) for _ in range(chance.randint(1, 6))]
            taken = store.take(STRIPE, units, pace)
            assert all(at >= cloud.now for at in taken)
            assert taken == sorted(taken)
            starts += zip(taken, units, strict=True)
            cloud.sleep(chance.choice((0, 0, 0.05, chance.random() * 3 * per_seconds)))
    starts.sort()
    for first, (begin, _) in enumerate(starts):
        window = 0
        for at, units in starts[first:]:
            window += units
            allowed = burst + rate / per_seconds * (at - begin + 1) / 1000  # rounded up to 1 ms
            assert window <= allowed + 1e-6, (begin, at, window, allowed)
