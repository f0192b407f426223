"""Inputs and results arrive as what they were, or are refused with the field named."""

import dataclasses
import datetime as dt
import json
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from builders import any_key
from pydantic import (
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    PrivateAttr,
    RootModel,
    Secret,
    SecretBytes,
    SecretStr,
    SerializeAsAny,
    computed_field,
    field_serializer,
)
from typing_extensions import TypedDict

from taskmill import task
from taskmill.errors import InvalidInput, InvalidResult
from taskmill.events import TaskQueueEvent
from taskmill.functions.registry import Registry
from taskmill.functions.task_functions import TaskFunction


class Login(BaseModel):
    user: str
    password: SecretStr
    key: SecretBytes = SecretBytes("ä".encode())


class Logins(BaseModel):
    logins: list[Login]
    by_name: dict[str, SecretStr] = {}
    pin: Secret[int] = Secret(4)
    token: SecretStr | None = None


class Tokens(RootModel[list[SecretStr]]): ...


@dataclasses.dataclass
class Account:
    password: SecretStr
    number: int = 0


class Credentials(TypedDict):
    password: SecretStr


class Pair(NamedTuple):
    number: int
    password: SecretStr


class LeftOut(BaseModel):
    a: int
    b: int = Field(default=2, exclude=True)


class LeftOutAndRequired(BaseModel):
    a: int
    b: int = Field(exclude=True)


class Shortened(BaseModel):
    name: str

    @field_serializer("name")
    def first_three(self, value: str) -> str:
        return value[:3]


class Private(BaseModel):
    a: int
    _mark: int = PrivateAttr(0)
    _made_at: dt.datetime = PrivateAttr(default_factory=lambda: dt.datetime.now(dt.UTC))
    _lock: object = PrivateAttr(default_factory=object)


def marked(mark: int) -> Private:
    made = Private(a=1)
    made._mark = mark
    return made


class Aliases(BaseModel):
    model_config = ConfigDict(extra="forbid")

    read_as: int = Field(validation_alias="readAs")
    written_as: int = Field(serialization_alias="writtenAs")
    both: int = Field(validation_alias="one", serialization_alias="other")
    deep: int = Field(validation_alias=AliasPath("deep", 0))


class Doubled(BaseModel):
    model_config = ConfigDict(extra="forbid")

    a: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def twice(self) -> int:
        return 2 * self.a


class Animal(BaseModel):
    name: str


class Dog(Animal):
    barks: bool = True


class Cat(Animal):
    barks: bool = False


class Home(BaseModel):
    pet: Animal


class OpenHome(BaseModel):
    pet: SerializeAsAny[Animal]


class Kennel(BaseModel):
    pet: Dog | Cat


class When(BaseModel):
    at: str | dt.date


class Numbers(BaseModel):
    values: list[int] | tuple[int, ...]


class Encoded(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    body: bytes


class Anything(BaseModel):
    data: Any
    more: dict[str, Any] = {}


class Measured(BaseModel):
    x: float


class Lazy(BaseModel):
    values: Iterable[int]


class Encased(BaseModel):
    values: Json[list[int]]


class Colour(Enum):
    RED = "red"


class Size(StrEnum):
    BIG = "big"


class Text(str):
    __slots__ = ()


@dataclasses.dataclass
class Counted:
    a: int
    b: int = dataclasses.field(init=False, default=3)


@dataclasses.dataclass
class Derived:
    a: int
    b: int = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.b = 2 * self.a


def counted_to(number: int) -> Counted:
    made = Counted(1)
    made.b = number
    return made


def passing(hint: Any) -> TaskFunction:
    """A task function that takes a value of this type and returns it."""

    def function(value: Any) -> Any:
        return value

    function.__annotations__.update(value=hint, **{"return": hint})
    return task(f"type-{uuid.uuid4()}")(function)


def returning(hint: Any, value: Any) -> TaskFunction:
    def function() -> Any:
        return value

    function.__annotations__["return"] = hint
    return task(f"type-{uuid.uuid4()}")(function)


def over_json(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


LOGIN = Login(user="ada", password=SecretStr("pa55"))
IN_CLEAR = {"user": "ada", "password": "pa55", "key": "ä"}
IN_BERLIN = dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin"))

KEPT = [
    pytest.param(Login, LOGIN, IN_CLEAR, id="secrets of a model"),
    pytest.param(list[Login], [LOGIN], [IN_CLEAR], id="secrets in a list of models"),
    pytest.param(
        Logins,
        Logins(logins=[LOGIN], by_name={"a": SecretStr("b")}, token=SecretStr("")),
        {"logins": [IN_CLEAR], "by_name": {"a": "b"}, "pin": 4, "token": ""},
        id="secrets in nested models, dicts, options, and of another type than text",
    ),
    pytest.param(Tokens, Tokens([SecretStr("t")]), ["t"], id="secrets in a root model"),
    pytest.param(
        Account, Account(SecretStr("x")), {"password": "x", "number": 0}, id="of a dataclass"
    ),
    pytest.param(Credentials, {"password": SecretStr("x")}, {"password": "x"}, id="of a TypedDict"),
    pytest.param(Pair, Pair(1, SecretStr("x")), [1, "x"], id="of a NamedTuple"),
    pytest.param(SecretStr, SecretStr("**********"), "**********", id="a secret that is its mask"),
    pytest.param(tuple[SecretStr, int], (SecretStr("s"), 1), ["s", 1], id="secrets in a tuple"),
    pytest.param(set[SecretStr], {SecretStr("s")}, ["s"], id="secrets in a set"),
    pytest.param(LeftOut, LeftOut(a=1), {"a": 1}, id="an excluded field at its default"),
    pytest.param(Shortened, Shortened(name="abc"), {"name": "abc"}, id="a serializer that keeps"),
    pytest.param(Private, Private(a=1), {"a": 1}, id="private attributes at their defaults"),
    pytest.param(
        Aliases,
        Aliases.model_validate({"readAs": 1, "written_as": 2, "one": 3, "deep": [4]}),
        {"read_as": 1, "written_as": 2, "both": 3, "deep": 4},
        id="aliases that are read and written differently",
    ),
    pytest.param(Doubled, Doubled(a=1), {"a": 1}, id="a computed field that is not taken back"),
    pytest.param(
        Kennel, Kennel(pet=Dog(name="d")), {"pet": {"name": "d", "barks": True}}, id="union"
    ),
    pytest.param(
        When, When(at="2026-01-02"), {"at": "2026-01-02"}, id="text that looks like a date"
    ),
    pytest.param(Numbers, Numbers(values=[1]), {"values": [1]}, id="a list where a tuple may be"),
    pytest.param(Encoded, Encoded(body=b"\xff"), {"body": "_w=="}, id="bytes with an encoding"),
    pytest.param(bytes, b"text", "text", id="bytes that are text"),
    pytest.param(Decimal, Decimal("1.50"), "1.50", id="a Decimal"),
    pytest.param(float, 0.1 + 0.2, 0.1 + 0.2, id="a float of 17 digits"),
    pytest.param(int, 2**70, 2**70, id="an int of more than 64 bits"),
    pytest.param(
        dt.datetime,
        dt.datetime(2026, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001
        "2026-01-02T03:04:05.000006",
        id="naive",
    ),
    pytest.param(
        dt.datetime, IN_BERLIN, "2026-10-25T02:30:00+01:00", id="an hour that comes twice"
    ),
    pytest.param(
        dt.timedelta, dt.timedelta(days=-1, microseconds=7), "-PT23H59M59.999993S", id="timedelta"
    ),
    pytest.param(
        dt.datetime | dt.date, dt.date(2026, 1, 2), "2026-01-02", id="a date or a datetime"
    ),
    pytest.param(Colour, Colour.RED, "red", id="an Enum"),
    pytest.param(set[int], {1}, [1], id="a set"),
    pytest.param(frozenset[str], frozenset("a"), ["a"], id="a frozenset"),
    pytest.param(tuple[int, str], (1, "a"), [1, "a"], id="a tuple"),
    pytest.param(deque[int], deque([1]), [1], id="a deque"),
    pytest.param(OrderedDict[str, int], OrderedDict(a=1), {"a": 1}, id="an OrderedDict"),
    pytest.param(dict[int, str], {1: "a"}, {"1": "a"}, id="keys that are numbers"),
    pytest.param(uuid.UUID, uuid.UUID(int=5), str(uuid.UUID(int=5)), id="a UUID"),
    pytest.param(Counted, Counted(1), {"a": 1, "b": 3}, id="a field that is not set by init"),
    pytest.param(Derived, Derived(2), {"a": 2}, id="a field that follows from others"),
    pytest.param(Encased, Encased(values="[1]"), {"values": "[1]"}, id="JSON in JSON"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("hint", "given", "stored"), KEPT)
def test_an_input_arrives_as_what_it_was(hint: Any, given: Any, stored: Any) -> None:
    function = passing(hint)

    value = function.to_input(given)

    assert type(value) is type(stored)
    assert value == stored
    arrived = function.check(over_json(value))
    assert type(arrived) is type(given)
    assert arrived == given or isinstance(given, Private) or given is IN_BERLIN


@pytest.mark.parametrize(("hint", "given", "stored"), KEPT)
def test_a_result_is_read_as_what_was_returned(hint: Any, given: Any, stored: Any) -> None:
    function = returning(hint, given)

    text = Registry().execute(TaskQueueEvent(key=any_key(type=function.type)))

    result = function.parse_result(json.loads(text))
    assert type(result) is type(given)
    assert result == given or isinstance(given, Private) or given is IN_BERLIN


LOST = [
    pytest.param(LeftOut, LeftOut(a=1, b=3), "b", "is 3 .* back from JSON as 2", id="excluded"),
    pytest.param(
        LeftOutAndRequired, LeftOutAndRequired(a=1, b=3), "b", "Field required", id="and required"
    ),
    pytest.param(Shortened, Shortened(name="abcd"), "name", "'abcd' .* as 'abc'", id="serializer"),
    pytest.param(Private, marked(7), "_mark", "private attribute", id="a private attribute"),
    pytest.param(Home, Home(pet=Dog(name="d")), "pet", "class Dog, .* class Animal", id="subclass"),
    pytest.param(OpenHome, OpenHome(pet=Dog(name="d")), "pet", "class Dog", id="SerializeAsAny"),
    pytest.param(
        Animal, Dog(name="d"), "", "class Dog, .* class Animal", id="of a subclass itself"
    ),
    pytest.param(BaseModel, Dog(name="d"), "", "class Dog, .* class BaseModel", id="any model"),
    pytest.param(
        Kennel,
        Kennel(pet=Cat(name="c", barks=True)),
        "pet",
        "union with a discriminator",
        id="union",
    ),
    pytest.param(
        When, When(at=dt.date(2026, 1, 2)), "at", r"\(date\), .* \(str\)", id="date or text"
    ),
    pytest.param(
        str | dt.date, dt.date(2026, 1, 2), "", r"\(date\), .* \(str\)", id="union itself"
    ),
    pytest.param(
        Numbers, Numbers(values=(1,)), "values", r"\(tuple\), .* \(list\)", id="list or tuple"
    ),
    pytest.param(Size | str, Size.BIG, "", r"\(Size\), .* \(str\)", id="an enum or text"),
    pytest.param(bytes, b"\xff", "", "utf-8", id="bytes that are no text"),
    pytest.param(
        dt.time, dt.time(1, tzinfo=ZoneInfo("Europe/Berlin")), "", "ZoneInfo", id="time zone"
    ),
    pytest.param(float, float("nan"), "", "nan is no number that JSON has", id="NaN"),
    pytest.param(Measured, Measured(x=float("inf")), "x", "inf is no number", id="infinity"),
    pytest.param(dict, {1: "a"}, "", r"\{1: 'a'\} .* \{'1': 'a'\}", id="keys that become text"),
    pytest.param(Any, {1: "a", "1": "b"}, "", "the same text in JSON", id="keys that become one"),
    pytest.param(Anything, Anything(data={1: 2, "1": 3}), "data", "'1': 3", id="in a field"),
    pytest.param(Counted, counted_to(9), "b", "is 9 .* as 3", id="a field that init does not set"),
    pytest.param(Lazy, Lazy(values=[1]), "values", "read only once", id="an iterator in a model"),
    pytest.param(Any, {"a": iter([1])}, "a", "read only once", id="an iterator in a dict"),
    pytest.param(type, int, "", "serialize", id="a class"),
    pytest.param(Callable, len, "", "serialize", id="a function"),
    pytest.param(Any, LOGIN, "password", "is a secret", id="a secret that is hinted Any"),
    pytest.param(dict[str, Any], {"a": LOGIN}, "a", "is a secret", id="in a dict of Any"),
    pytest.param(Anything, Anything(data=LOGIN), "data", "is a secret", id="in a field of Any"),
    pytest.param(str, SecretStr("pa55"), "", "secret|valid string", id="a secret hinted str"),
    pytest.param(
        dict[str, str], {"a": SecretStr("pa55")}, "a", "secret|valid string", id="in a dict of str"
    ),
]


@pytest.mark.parametrize(("hint", "given", "field", "why"), LOST)
def test_an_input_that_would_be_another_is_refused(
    hint: Any, given: Any, field: str, why: str
) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        passing(hint).to_input(given)

    assert [each["field"] for each in refused.value.details["errors"]] == [field or "input"]
    assert "pa55" not in refused.value.message


@pytest.mark.parametrize(("hint", "given", "field", "why"), LOST)
def test_a_result_that_would_be_another_is_refused(
    hint: Any, given: Any, field: str, why: str
) -> None:
    function = returning(hint, given)

    with pytest.raises(InvalidResult, match=why) as refused:
        Registry().execute(TaskQueueEvent(key=any_key(type=function.type)))

    assert f"{field}: " in refused.value.message or not field
    assert "pa55" not in refused.value.message


def contains_itself() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


@pytest.mark.parametrize("hint", [Any, list])
def test_a_value_that_contains_itself_is_refused(hint: Any) -> None:
    with pytest.raises(InvalidInput, match="contains itself"):
        passing(hint).to_input(contains_itself())
    with pytest.raises(InvalidResult, match="contains itself"):
        Registry().execute(
            TaskQueueEvent(key=any_key(type=returning(hint, contains_itself()).type))
        )


def test_what_a_field_of_any_holds_arrives_in_its_json_form() -> None:
    pet, day = Cat(name="c"), dt.date(2026, 1, 2)
    value = passing(Anything).to_input(Anything(data=day, more={"pet": pet, "pair": (1, 2)}))

    json_of_pet = {"name": "c", "barks": False}
    assert value == {"data": "2026-01-02", "more": {"pet": json_of_pet, "pair": [1, 2]}}
    assert passing(dict[str, Any]).to_input({"a": pet}) == {"a": json_of_pet}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (Animal(name="a"), {"name": "a"}),
        ((1, (2,)), [1, [2]]),
        ({1: "a", None: "b", False: "c"}, {"1": "a", "null": "b", "false": "c"}),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (Size.BIG, "big"),
        (Text("a"), "a"),
        ({"s": {1}}, {"s": [1]}),
        ((each for each in range(2)), [0, 1]),
        (2**70, 2**70),
    ],
)
def test_without_a_hint_a_value_arrives_in_its_json_form(given: Any, stored: Any) -> None:
    value = passing(Any).to_input(given)

    assert (value, type(value)) == (stored, type(stored))


def test_a_subclass_of_str_arrives_as_the_str_that_the_hint_says() -> None:
    for given in (Size.BIG, Text("big")):
        value = passing(str).to_input(given)
        assert (value, type(value)) == ("big", str)


def test_a_model_of_the_same_name_and_fields_is_taken() -> None:
    class Animal(BaseModel):  # as a notebook that runs its cell again makes it
        name: str

    class Bird(BaseModel):
        name: str
        wings: int = 2

    assert passing(Home).to_input({"pet": {"name": "a"}}) == {"pet": {"name": "a"}}
    assert passing(globals()["Animal"]).to_input(Animal(name="a")) == {"name": "a"}
    with pytest.raises(InvalidInput, match="instance of Animal"):
        passing(globals()["Animal"]).to_input(Bird(name="b"))  # would lose its wings


def test_the_secret_of_a_dict_becomes_that_of_the_model() -> None:
    given = {"user": "ada", "password": SecretStr("pa55")}
    assert passing(Login).to_input(given) == IN_CLEAR
    function = returning(Login, given)
    text = Registry().execute(TaskQueueEvent(key=any_key(type=function.type)))
    assert json.loads(text) == IN_CLEAR


def test_computed_fields_of_a_result_are_kept_where_the_model_takes_them_back() -> None:
    class Open(BaseModel):
        a: int

        @computed_field  # type: ignore[prop-decorator]
        @property
        def twice(self) -> int:
            return 2 * self.a

    function = returning(Open, Open(a=1))

    text = Registry().execute(TaskQueueEvent(key=any_key(type=function.type)))

    assert json.loads(text) == {"a": 1, "twice": 2}
    assert passing(Open).to_input(Open(a=1)) == {"a": 1}


def test_attributes_that_were_set_without_validation_are_held_against_their_type() -> None:
    account = Account("x", number=1)  # type: ignore[arg-type]  # the JSON form of a secret
    assert passing(Account).to_input(account) == {"password": "x", "number": 1}
    with pytest.raises(InvalidInput, match="number: is '1'"):
        passing(Account).to_input(Account(SecretStr("x"), number="1"))  # type: ignore[arg-type]


@pytest.mark.parametrize("hint", [Iterator[int], Iterable[int], Iterator[int] | None])
def test_the_values_of_an_iterator_are_stored_and_read_one_by_one(hint: Any) -> None:
    function = passing(hint)

    value = function.to_input(each for each in range(3))

    assert value == [0, 1, 2]
    assert list(function.check(value)) == [0, 1, 2]
    if hint == Iterator[int]:
        assert next(function.check(value)) == 0


def test_a_constraint_beside_a_secret_holds() -> None:
    short = Annotated[SecretStr, Field(max_length=3)]
    assert passing(short).to_input(SecretStr("abc")) == "abc"
    with pytest.raises(InvalidInput, match="at most 3"):
        passing(short).to_input(SecretStr("abcd"))
