"""What passes as plain is what pydantic would have passed, unchanged; the rest is left to it."""

import json
import math
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter

from taskmill.functions.json_types import fits, is_plain

HINTS = [
    None,
    bool,
    int,
    float,
    str,
    list,
    dict,
    Any,
    int | None,
    list[int],
    dict[str, int],
    list[dict[str, int | str]],
    dict[str, list[float] | None],
    dict[str, Any],
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**62, 2**65)
    | st.floats()
    | st.text(st.characters(categories=None))
    | st.binary()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=6,
)


class Line(BaseModel):
    count: int


def near(hint: Any) -> st.SearchStrategy[Any]:
    """Values of the type, and others."""
    if "Any" in repr(hint) or hint in (list, dict):
        return VALUES
    return st.from_type(hint or type(None)) | VALUES


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data(), st.sampled_from(HINTS))
def test_what_fits_is_valid_and_stays_as_it_is(data: st.DataObject, hint: Any) -> None:
    value = data.draw(near(hint))
    assume(fits(hint, value))

    text = json.dumps(value, allow_nan=False)
    assert repr(TypeAdapter(hint).validate_python(value, strict=True)) == repr(value)
    assert repr(TypeAdapter(hint).validate_json(text, strict=False)) == repr(json.loads(text))


@pytest.mark.parametrize("hint", HINTS, ids=str)
def test_plain_hints(hint: Any) -> None:
    assert is_plain(hint)


@pytest.mark.parametrize(
    "hint",
    [
        Line,
        list[Line],
        Line | None,
        dict[int, str],
        tuple[int, ...],
        set[int],
        bytes,
        Annotated[int, Field(gt=0)],
        "int",
    ],
    ids=str,
)
def test_other_hints_are_left_to_pydantic(hint: Any) -> None:
    assert not is_plain(hint)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, 7),
        (float, 1.5),
        (str, "Zürich \N{ROCKET}"),
        (list[int], [1, 2]),
        (dict[str, list[int]], {"a": [1]}),
        (int | None, None),
        (Any, {"a": [1, None, {"b": "c"}]}),
    ],
    ids=str,
)
def test_what_is_common_fits(hint: Any, value: Any) -> None:
    assert fits(hint, value)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, True),
        (bool, 1),
        (float, 7),
        (float, math.inf),
        (str, "\ud800"),
        (int, 2**63),
        (list[int], [1, "2"]),
        (list[int], (1, 2)),
        (dict[str, int], {1: 1}),
        (Any, {"when": Line(count=1)}),
        (int | None, "1"),
    ],
    ids=repr,
)
def test_what_is_not_exactly_of_the_type_does_not(hint: Any, value: Any) -> None:
    assert not fits(hint, value)
