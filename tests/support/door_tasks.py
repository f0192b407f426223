"""Task functions for the tests that give odd inputs to every door. `SEEN` notes what was raised."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from taskmill import TaskContext, task
from taskmill.model.rows.task_row import camel

__all__ = ["camel"]

SEEN: list[BaseException | None] = []


class Row(BaseModel):
    name: str = "x"


async def later() -> Any:
    yield 1


def endless() -> Iterator[int]:
    return iter(int, 1)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@task("takes")
def takes(value: Any) -> Any:
    return value


@task("counts")
def counts(value: int) -> int:
    return value


INPUTS: dict[str, Any] = {
    "text": lambda: "rows.csv",
    "bytes": lambda: b"rows",
    "a bytearray": lambda: bytearray(b"rows"),
    "an object": lambda: {"a": 1},
    "a model": Row,
    "a number": lambda: 3,
    "nothing": lambda: None,
    "an async generator": later,
    "endless": endless,
    "a NaN": lambda: [1, float("nan")],
    "no JSON": lambda: [1, object()],
    "a loop": lambda: [1, _loop()],
    "201 levels": lambda: [1, deep(201)],
    "5,000 levels": lambda: [1, deep(5_000)],
    "5,000 digits": lambda: [1, 10**4_999],
}
OPTIONS: dict[str, dict[str, Any]] = {
    "batch size 0": {"batch_size": 0},
    "batch size 2.5": {"batch_size": 2.5},
    "batch size 10,001": {"batch_size": 10_001},
    "tolerates -1": {"tolerated_failures": -1},
    "tolerates a word": {"tolerated_failures": "some"},
    "tolerates 101%": {"tolerated_failures": "101%"},
    "concurrency 0": {"max_concurrency": 0},
    "an unknown notify": {"notify": "never"},
}


def _loop() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@task("door-gathers")
def gathers(what: str, ctx: TaskContext) -> None:
    _noting(lambda: ctx.gather(takes, INPUTS[what]()))


@task("gathers-untyped")
def gathers_untyped(what: str, ctx: TaskContext) -> None:
    _noting(lambda: ctx.gather("takes", INPUTS[what]()))


@task("gathers-one")
def gathers_one(what: str, ctx: TaskContext) -> None:
    _noting(lambda: ctx.gather(INPUTS[what]()))


@task("submits-many")
def submits_many(what: str, ctx: TaskContext) -> None:
    _noting(lambda: ctx.submit_many(takes, INPUTS[what]()))


@task("door-maps")
def maps(what: str, ctx: TaskContext) -> None:
    _noting(lambda: ctx.map(takes, INPUTS[what]()))


@task("maps-untyped")
def maps_untyped(what: str, ctx: TaskContext) -> None:
    _noting(lambda: ctx.map("takes", INPUTS[what]()))


@task("maps-with")
def maps_with(what: str, ctx: TaskContext) -> None:
    _noting(lambda: ctx.map(takes, [1], **OPTIONS[what]))


@task("gathers-wrong")
def gathers_wrong(ctx: TaskContext) -> None:
    _noting(lambda: ctx.gather(counts, [1, "two"]))


@task("maps-wrong")
def maps_wrong(ctx: TaskContext) -> None:
    _noting(lambda: ctx.map(counts, [1, "two"]))


def _noting(call: Any) -> None:
    try:
        call()
    except Exception as error:
        SEEN.append(error)
        raise
