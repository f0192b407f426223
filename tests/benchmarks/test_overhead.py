"""The overhead's comparison is fair: both sides ask the same, or it fails."""

import time
from collections.abc import Callable
from itertools import count

import pytest
from benchmarks.memory_aws import WireTable
from benchmarks.overhead.calls import Asked, Call, CallsDiffer, Watched, make_all
from benchmarks.overhead.measured import BARE, Effort, Ratio, Side, in_turns, measured
from benchmarks.overhead.profile import PYTHON, Profile, package_of, profiled

from taskmill.testing.dynamodb import MemoryTable
from taskmill.testing.schema import TABLE_SCHEMA

ROW = {"pk": {"S": "a"}, "sk": {"S": "b"}, "size": {"N": "1"}}
KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
ROOT = f"{__name__}:busy"


@pytest.fixture
def watched() -> Watched:
    return Watched({"dynamodb": WireTable(MemoryTable(TABLE_SCHEMA)).client()})


def put(watched: Watched, times: int = 1, more: str = "") -> Callable[[], None]:
    def work() -> None:
        for _ in range(times):
            row = {**ROW, "more": {"S": more}}
            watched.clients["dynamodb"].put_item(TableName="tasks", Item=row)

    return work


def nothing() -> None:
    """Restores what needs no restoring."""


def sides(watched: Watched, one: Callable[[], None], other: Callable[[], None]) -> dict[str, Side]:
    return {
        "one": Side(lambda: watched.asked(one), nothing),
        "other": Side(lambda: watched.asked(other), nothing),
    }


def test_sides_that_ask_the_same_are_timed_in_every_round(watched: Watched) -> None:
    timed = in_turns(sides(watched, put(watched), put(watched)), rounds=3)

    assert [len(each) for each in timed.values()] == [3, 3]


def test_a_call_more_on_one_side_fails_the_comparison(watched: Watched) -> None:
    with pytest.raises(CallsDiffer, match=r"PutItem': [12]"):
        in_turns(sides(watched, put(watched), put(watched, times=2)), rounds=1)


def test_so_does_one_in_a_later_round_only(watched: Watched) -> None:
    rounds = count(1)

    def more_and_more() -> None:
        put(watched, times=next(rounds))()

    with pytest.raises(CallsDiffer):
        in_turns(sides(watched, put(watched), more_and_more), rounds=2)


def test_so_does_another_operation(watched: Watched) -> None:
    def get() -> None:
        watched.clients["dynamodb"].get_item(TableName="tasks", Key=KEY)

    with pytest.raises(CallsDiffer, match="GetItem"):
        in_turns(sides(watched, put(watched), get), rounds=1)


def test_so_do_larger_requests(watched: Watched) -> None:
    with pytest.raises(CallsDiffer, match="bytes"):
        in_turns(sides(watched, put(watched), put(watched, more="x" * 100)), rounds=1)


def test_so_does_an_entry_that_was_refused(watched: Watched) -> None:
    statement = {
        "Statement": 'UPDATE "tasks" SET "size"=? WHERE "pk"=? AND "sk"=?',
        "Parameters": [{"N": "2"}, {"S": "a"}, {"S": "missing"}],
    }

    def update() -> None:
        watched.clients["dynamodb"].batch_execute_statement(Statements=[statement])

    with pytest.raises(CallsDiffer, match="1 and 1 entries were refused"):
        in_turns(sides(watched, update, update), rounds=1)


def test_what_was_recorded_asks_the_same_again(watched: Watched) -> None:
    def work() -> None:
        put(watched)()
        watched.clients["dynamodb"].get_item(TableName="tasks", Key=KEY)

    calls = watched.recorded(work)

    assert [each.method for each in calls] == ["put_item", "get_item"]
    first, again = watched.asked(work), watched.asked(lambda: make_all(calls, watched.clients))
    first.check_same(again)
    assert first == again != Asked()


def test_a_recorded_call_keeps_what_was_asked_when_it_was(watched: Watched) -> None:
    item = dict(ROW)

    def work() -> None:
        watched.clients["dynamodb"].put_item(TableName="tasks", Item=item)
        item["size"] = {"N": "2"}

    (call,) = watched.recorded(work)

    assert call == Call("dynamodb", "put_item", {"TableName": "tasks", "Item": ROW})


def test_every_round_is_restored_before_each_side_and_turns_the_order_around() -> None:
    seen: list[str] = []

    def side(name: str) -> Side:
        def work() -> Asked:
            seen.append(name)
            return Asked()

        return Side(work, lambda: seen.append("restored"))

    in_turns({"a": side("a"), "b": side("b")}, rounds=2)

    assert seen[::2] == ["restored"] * 4
    assert seen[1::2] in (["a", "b", "b", "a"], ["b", "a", "a", "b"])


def test_a_ratio_is_that_of_the_medians_with_the_middle_half_of_the_rounds() -> None:
    ratio = Ratio.of([2.0, 4.0, 6.0, 100.0, 2.0], [2.0, 2.0, 2.0, 2.0, 4.0])

    assert ratio.value == 2.0
    assert ratio.spread[0] < 2.0 < ratio.spread[1]
    assert Ratio.of([3.0], [2.0]).value == 1.5


def test_a_profile_finds_what_computes_below_the_root_and_only_that() -> None:
    profile = profiled(ROOT, busy, aside, seconds=0.6)

    assert {stack[0] for stack in profile.stacks} == {ROOT}
    assert f"{__name__}:inner" in {frame for stack in profile.stacks for frame in stack}
    assert not any(f"{__name__}:aside" in stack for stack in profile.stacks)


def busy() -> None:
    inner()


def inner() -> None:
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass


def aside() -> None:
    inner()


def test_shares_of_a_profile_are_of_own_time() -> None:
    handler, store = "taskmill.handlers.work:handler", "taskmill.aws.dynamodb.table:Table.get"
    profile = Profile(
        {
            (handler,): 1,
            (handler, store): 2,
            (handler, store, CALL): 3,
            (handler, store, CALL, "json.encoder:JSONEncoder.encode"): 4,
        }
    )

    assert profile.within_calls() == 0.7
    shares = {"taskmill": 0.3, "botocore": 0.3, "Powertools, pydantic": 0.0, PYTHON: 0.4}
    assert profile.by_package() == shares
    assert profile.dearest(2) == [("json.encoder:JSONEncoder.encode", 0.4, 0.4), (CALL, 0.3, 0.7)]


CALL = "botocore.client:ClientCreator._create_api_method.<locals>._api_call"


def test_botocore_still_calls_so_what_counts_as_a_call(watched: Watched) -> None:
    method = watched.clients["dynamodb"].put_item.__func__

    assert f"{method.__module__}:{method.__code__.co_qualname}" == CALL


@pytest.mark.parametrize(
    ("frame", "package"),
    [
        ("taskmill.model.rows.row_change:TaskRow.to_values", "taskmill"),
        ("urllib3.connection:HTTPConnection.request", "botocore"),
        ("pydantic.main:BaseModel.__init__", "Powertools, pydantic"),
        ("json.encoder:JSONEncoder.encode", PYTHON),
    ],
)
def test_frames_belong_to_packages(frame: str, package: str) -> None:
    assert package_of(frame) == package


def test_all_handlers_are_compared_by_the_calls_that_they_are_known_for() -> None:
    found = list(measured(Effort(rounds=1, profile_seconds=0.2), report=lambda _: None))

    assert {each.scene.name: dict(each.asked.calls) for each in found} == {
        "worker": {"dynamodb.UpdateItem": 2 * 10},
        "dispatcher": {"sqs.SendMessageBatch": 10, "dynamodb.BatchExecuteStatement": 4},
        "API": {"dynamodb.PutItem": 10},
    }
    assert all(each.over(BARE, what).value > 0 for each in found for what in ("time", "CPU"))
    assert all(each.profile.samples for each in found)
