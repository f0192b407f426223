"""Texts and numbers of task code that no row can hold: made storable, to no neighbour's harm."""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from builders import any_key, any_row
from clouds import TENANT, fan_out, get, result, statuses, submit
from storable_tasks import RUNS, SAID

from taskmill.aws.dynamodb.codec import decode, encode
from taskmill.aws.dynamodb.refusals import RowsRefused
from taskmill.errors import InvalidKey, InvalidRequest, LimitExceeded
from taskmill.model.rows.storable import storable
from taskmill.testing import InProcessCloud
from taskmill.testing.dynamodb import refused

TEXTS = {
    "lone surrogates": b"caf\xe9.csv".decode(errors="surrogateescape"),  # a file's name
    "a high surrogate": "\ud83d",
    "NUL": "a\0b",
    "control characters": "\x01\x1b[31m\x85\u2028",
    "what XML does not have": "\ufffe\uffff",
    "very long": "x" * 500_000,
    "long and not ASCII": "é" * 300_000,
    "empty": "",
    "a family": "👩‍👩‍👧" * 400,
}
EVERY_TEXT = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    SAID.clear()
    RUNS.clear()
    with InProcessCloud(modules=["storable_tasks"]) as cloud:
        yield cloud


@EVERY_TEXT
def test_progress_with_any_text_is_stored(cloud: InProcessCloud, text: str) -> None:
    SAID.append(text)
    key = submit(cloud, "storable-reports")

    cloud.run()

    done = get(cloud, key)
    assert (done.status, done.attempts, RUNS) == ("COMPLETED", 1, [None])
    progress = done.attributes["progress"]
    assert isinstance(progress, dict)
    assert (progress["done"], progress["total"]) == (2, 2)
    assert len(str(progress.get("message", ""))) <= 500


@pytest.mark.parametrize("message", [3, 2.5, ["a"], {"a": 1}, b"bytes", ValueError("x")], ids=repr)
def test_progress_with_a_message_that_is_no_text_is_stored(
    cloud: InProcessCloud, message: Any
) -> None:
    SAID.append(message)
    key = submit(cloud, "storable-reports")

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert get(cloud, key).attributes["progress"]["message"] == str(message)  # type: ignore[index, call-overload]


@EVERY_TEXT
def test_progress_of_one_element_makes_no_other_run_again(cloud: InProcessCloud, text: str) -> None:
    SAID.append(text)
    key = fan_out(cloud, "storable-reports", range(5), batch_size=5)

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED"] * 5
    assert RUNS == [0, 1, 2, 3, 4]


@EVERY_TEXT
def test_an_error_with_any_text_is_the_error_of_its_task(cloud: InProcessCloud, text: str) -> None:
    SAID.append(ValueError(text))
    key = submit(cloud, "storable-raises", on_failure=["listens"])

    cloud.run()

    failed = get(cloud, key)
    error = failed.attributes["error"]
    assert isinstance(error, dict)
    assert (failed.status, error["type"], RUNS) == ("FAILED", "ValueError", [None])
    assert all(str(each).encode() for each in error.values())
    told = {each.type: each for each in cloud.service.list_items_by_pk(tenant_code=TENANT).items}
    assert told["listens"].status == "COMPLETED"
    assert len(cloud.alarms) == 1


ERRORS: dict[str, BaseException] = {
    "a type of a long name": type("X" * 100_000, (Exception,), {})("odd"),
    "a type of an odd name": type("caf\ufffe\uffff", (Exception,), {})("odd"),
    "a number beyond all": ValueError(10**5_000 % 7, 10**200),
    "bytes": ValueError(b"\xff\xfe"),
    "a note": ValueError("noted"),
    "a syntax error of odd parts": SyntaxError("bad", (5, "x", [], object())),
}
ERRORS["a note"].add_note("caf\udce9")


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_an_error_of_one_element_makes_no_other_run_again(
    cloud: InProcessCloud, error: BaseException
) -> None:
    SAID.append(error)
    key = fan_out(cloud, "storable-raises", range(5), batch_size=5, tolerated_failures=1)

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED", "COMPLETED", "FAILED", "COMPLETED", "COMPLETED"]
    assert RUNS == [0, 1, 2, 3, 4]
    stored = cloud.service.get_task(key=key.subtask(2)).attributes["error"]
    assert str(stored["type"])[:5] == type(error).__name__[:5]  # type: ignore[index, call-overload]


@EVERY_TEXT
@pytest.mark.parametrize("shape", ["itself", "in a list", "a name"])
def test_a_result_with_any_text_comes_back(cloud: InProcessCloud, text: str, shape: str) -> None:
    given = {"itself": text, "in a list": [text], "a name": {text: 1}}[shape]
    SAID.append(given)
    key = submit(cloud, "returns")

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert result(cloud, key) == given


@pytest.mark.parametrize("number", [10**40, -(10**100), 1e300, 1e-300, 0.1 + 0.2], ids=repr)
def test_a_result_with_any_number_comes_back(cloud: InProcessCloud, number: float) -> None:
    SAID.append([number])
    key = submit(cloud, "returns")

    cloud.run()

    assert result(cloud, key) == [number]


@EVERY_TEXT
def test_a_child_gets_any_text(cloud: InProcessCloud, text: str) -> None:
    SAID.append(text)
    key = submit(cloud, "storable-starts-with")

    cloud.run()

    assert result(cloud, key) == text


@EVERY_TEXT
def test_a_schedule_takes_any_text_or_refuses_it_in_words(cloud: InProcessCloud, text: str) -> None:
    known = {"tenant_code": TENANT, "name": "n", "task_type": "storable-echoes"}
    if len(text) > 60_000 or not _is_utf8(text):  # its input is always in its row
        with pytest.raises((InvalidRequest, LimitExceeded), match="input"):
            cloud.service.schedule(**known, expression="rate(1 hour)", input=[text])
        return
    cloud.service.schedule(**known, expression="rate(1 hour)", input=[text])

    cloud.advance(seconds=3_700)

    (ran,) = cloud.service.list_items_by_pk(tenant_code=TENANT).items
    assert result(cloud, ran.key) == [text]


def _is_utf8(text: str) -> bool:
    return not any(0xD800 <= ord(each) <= 0xDFFF for each in text)


@EVERY_TEXT
def test_attributes_with_any_text_are_stored(cloud: InProcessCloud, text: str) -> None:
    key = submit(cloud, "storable-echoes")
    if len(text) > 10_000:
        return

    cloud.service.update_status(
        key=key, status="PROCESSING", attributes={"note": [text, {"a": text}]}
    )

    note = get(cloud, key).attributes["note"]
    assert isinstance(note, list)
    assert note[0] == text.encode(errors="backslashreplace").decode()


@pytest.mark.parametrize(
    "value",
    [10**38, 1e126, 1e-131, math.nan, math.inf, Decimal(1), b"x", {1, 2}, {"": 1}, object()],
    ids=lambda value: type(value).__name__ if type(value) is object else repr(value),
)
def test_attributes_that_no_row_can_hold_are_refused_in_words(
    cloud: InProcessCloud, value: Any
) -> None:
    key = submit(cloud, "storable-echoes")

    with pytest.raises(InvalidRequest, match="attributes"):
        cloud.service.update_status(key=key, status="PROCESSING", attributes={"note": value})


@pytest.mark.parametrize("name", ["caf\udce9", "a\0", "", "x" * 100, 3, None, "a b"], ids=repr)
def test_a_name_that_is_none_is_refused_in_words(cloud: InProcessCloud, name: Any) -> None:
    with pytest.raises(InvalidKey, match="must be 1 to 64 letters"):
        cloud.service.schedule(
            tenant_code=TENANT, name=name, task_type="storable-echoes", expression="rate(1 hour)"
        )


VALUES: list[Any] = [
    10**38,
    10**6_000,
    -(10**6_000),
    math.nan,
    -math.inf,
    1e-200,
    Decimal("1.5"),
    Decimal(10) ** 40,
    Decimal("1E+999999"),
    Decimal("0.1234567890123456789012345678901234567890"),
    b"\xff\x00",
    bytearray(b"x" * 10_000),
    {"": 1, 3: 2, None: 3, "caf\udce9": 4},
    {1, 2},
    object(),
    ("a", ("b",)),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_any_value_becomes_one_that_a_row_holds(value: Any) -> None:
    stored = storable({"value": value})

    assert decode(encode(stored)) == stored


def test_values_nested_too_deep_end_in_text() -> None:
    value: Any = "end"
    for _ in range(100):
        value = [value]

    levels, stored = 0, storable(value)
    while isinstance(stored, list):
        levels, stored = levels + 1, stored[0]

    assert levels == 30
    assert isinstance(stored, str)


@pytest.mark.parametrize(
    "value", [None, True, 0, -1.5, "é", [1, {"a": "b"}], {"n": 10**37}], ids=repr
)
def test_what_a_row_holds_anyway_stays_as_it_is(value: Any) -> None:
    assert storable(value) == value


# One row that DynamoDB refuses


def test_an_outcome_that_cannot_be_stored_fails_alone(cloud: InProcessCloud) -> None:
    real = cloud.table.batch_execute_statement

    def picky(*, Statements: Any) -> Any:  # noqa: N803  # of boto3
        """Refuses a whole call for one result, as DynamoDB does for what it cannot parse."""
        if any('"nono"' in str(each["Parameters"]) for each in Statements):
            raise refused("ValidationException", "one of the parameters is invalid")
        return real(Statements=Statements)

    cloud.table.batch_execute_statement = picky  # type: ignore[method-assign]
    key = fan_out(cloud, "doubles", ["a", "b", "no", "c"], batch_size=4, tolerated_failures=1)

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED", "COMPLETED", "FAILED", "COMPLETED"]
    assert RUNS == ["a", "b", "no", "c"]
    error = cloud.service.get_task(key=key.subtask(2)).attributes["error"]
    assert "the outcome cannot be stored" in error["message"]  # type: ignore[index, call-overload]


def test_a_single_outcome_that_cannot_be_stored_is_a_failure(cloud: InProcessCloud) -> None:
    real = cloud.table.update_item

    def picky(**request: Any) -> Any:
        if {"S": '"nono"'} in request.get("ExpressionAttributeValues", {}).values():
            raise refused("ValidationException", "one of the values is invalid")
        return real(**request)

    cloud.table.update_item = picky  # type: ignore[method-assign]
    key = submit(cloud, "doubles", "no")

    cloud.run()

    failed = get(cloud, key)
    assert (failed.status, failed.attempts, RUNS) == ("FAILED", 1, ["no"])


def test_a_row_that_cannot_be_stored_keeps_none_of_its_neighbours_out(
    cloud: InProcessCloud,
) -> None:
    rows = [any_row(key=any_key(tenant=TENANT), input=str(number)) for number in range(60)]
    rows[7] = rows[7].but(attributes={"n": Decimal(1)})
    rows[40] = rows[40].but(attributes={"text": "x" * 500_000})

    with pytest.raises(RowsRefused, match="2 of 60 rows cannot be stored") as refusal:
        cloud.wiring.tasks.put_many(rows)

    assert sorted(refusal.value.reasons) == [7, 40]
    stored = [cloud.wiring.tasks.find_many([row.key])[0] is not None for row in rows]
    assert [place for place, is_there in enumerate(stored) if not is_there] == [7, 40]


def test_no_call_names_a_row_twice(cloud: InProcessCloud) -> None:
    real, calls = cloud.table.batch_execute_statement, list[int]()

    def counting(*, Statements: Any) -> Any:  # noqa: N803  # of boto3
        keys = [each["Parameters"][1]["S"] for each in Statements]
        assert len(set(keys)) == len(keys)
        calls.append(len(keys))
        return real(Statements=Statements)

    cloud.table.batch_execute_statement = counting  # type: ignore[method-assign]
    first, second = any_row(), any_row()

    done = cloud.wiring.tasks.put_many([first, second, first, second, first])

    assert done == [True, True, False, False, False]
    assert calls == [2, 2, 1]
