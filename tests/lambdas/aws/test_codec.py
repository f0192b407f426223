"""Values as DynamoDB writes them: as boto3's own serializer does, for all that rows hold."""

import decimal
import math
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from taskmill.aws.dynamodb.codec import decode, decode_item, encode, encode_item
from taskmill.model.statuses import Status

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.integers() | FINITE | st.integers(10**37, 10**40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def as_boto3(value: Any) -> Any:
    """boto3 takes no floats, but what they print as."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [as_boto3(each) for each in value]
    if isinstance(value, dict):
        return {name: as_boto3(each) for name, each in value.items()}
    return value


@given(VALUES)
def test_a_value_is_written_as_boto3_writes_it_or_refused_as_well(value: Any) -> None:
    try:
        expected = TypeSerializer().serialize(as_boto3(value))
    except (TypeError, decimal.DecimalException):
        with pytest.raises((TypeError, decimal.DecimalException)):
            encode(value)
    else:
        assert encode(value) == expected
        assert decode(encode(value)) == value


def test_an_item_comes_back_with_its_types() -> None:
    item = {"a": 1, "b": 1.5, "c": None, "d": [True, {"e": "f"}], "g": -(10**37)}

    again = decode_item(encode_item(item))

    assert again == item
    assert [type(value) for value in again.values()] == [type(value) for value in item.values()]


def test_tuples_are_lists_and_members_of_enumerations_their_text() -> None:
    assert encode((1, Status.QUEUED)) == {"L": [{"N": "1"}, {"S": "QUEUED"}]}


@pytest.mark.parametrize(
    "value", [b"x", {1}, range(2), Decimal(1), math.nan, math.inf, -math.inf], ids=repr
)
def test_what_rows_do_not_hold_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="a row holds no"):
        encode(value)


def test_a_foreign_attribute_is_refused() -> None:
    with pytest.raises(TypeError, match="a row holds no SS"):
        decode({"SS": ["a"]})
