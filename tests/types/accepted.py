"""What type checkers must accept, and the types that they must know. Never run."""

from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, Literal, TypedDict, assert_type

from aws_cdk import App
from aws_cdk import aws_iam as iam
from pydantic import BaseModel

from taskmill import (
    MapHandle,
    Retry,
    TaskContext,
    TaskEventFactory,
    TaskFailed,
    TaskFunction,
    TaskHandle,
    event_handler,
    task,
)
from taskmill.events import TaskQueueEvent
from taskmill_cdk import TaskStack


class Order(BaseModel):
    number: int


class Parcel(TypedDict):
    grams: int


# --- the forms of a task function


@task("typed-greet", retry=Retry(max_attempts=3), on_success="typed-mail")
def greet(name: str) -> str:
    return f"Hello, {name}!"


@task("typed-ship", on_failure=greet, on_completion=[greet, "typed-mail"])
def ship(order: Order, ctx: TaskContext) -> int:
    return order.number + ctx.attempt


@task("typed-named-context")
def named_context(order: Order, *, ctx: TaskContext) -> int:
    return order.number + ctx.attempt


@task("typed-context-first")
def context_first(ctx: TaskContext, order: Order) -> int:
    return order.number + ctx.attempt


@task("typed-optional-context")
def optional_context(order: Order, ctx: TaskContext | None = None) -> int:
    return order.number if ctx else 0


@task("typed-context")
def only_context(ctx: TaskContext) -> int:
    return ctx.attempt


@task("typed-only-named-context")
def only_named_context(*, ctx: TaskContext) -> int:
    return ctx.attempt


@task("typed-nothing")
def nothing() -> int:
    return 1


@task("typed-page")
def page(number: int = 1) -> int:
    return number


@task("typed-page-context")
def page_with_context(number: int = 1, *, ctx: TaskContext) -> int:
    return number + ctx.attempt


@task("typed-context-page")
def context_then_page(ctx: TaskContext, number: int = 1) -> int:
    return number + ctx.attempt


@task("typed-maybe")
def maybe(name: str | None) -> str:
    return name or ""


@task("typed-none")
def none(_: None, ctx: TaskContext) -> int:
    return ctx.attempt


@task("typed-anything")
def anything(value: object) -> str:
    return str(value)


@task("typed-json")
def as_json(value: dict[str, Any]) -> dict[str, Any]:
    return value


@task("typed-by-name")
def by_name(*, number: int) -> int:
    return number


@task("typed-nap")
async def nap(seconds: float) -> float:
    return seconds


@task("typed-async-context")
async def async_context(ctx: TaskContext) -> int:
    return ctx.attempt


@task("typed-count")
def count(most: int) -> Iterator[int]:
    yield from range(most)


@task("typed-async-count")
async def async_count(most: int) -> AsyncIterator[int]:
    for each in range(most):
        yield each


@task("typed-floats")
def floats(values: list[float]) -> float:
    return sum(values)


@task("typed-weigh")
def weigh(parcel: Parcel) -> int:
    return parcel["grams"]


@task("typed-colour")
def colour(name: Literal["red", "blue"]) -> str:
    return name


# --- a plain call is the call of the function


def plain_calls(ctx: TaskContext) -> None:
    assert_type(greet("World"), str)
    assert_type(greet(name="World"), str)
    assert_type(ship(Order(number=1), ctx), int)
    assert_type(ship(order=Order(number=1), ctx=ctx), int)
    assert_type(only_context(ctx), int)
    assert_type(nothing(), int)
    assert_type(page(), int)
    assert_type(by_name(number=1), int)
    assert_type(list(count(3)), list[int])


async def plain_calls_of_async_functions() -> None:
    called: Coroutine[Any, Any, float] = nap(0.5)
    assert_type(await called, float)
    assert_type([each async for each in async_count(3)], list[int])


# --- submit, map, handles


def submits() -> None:
    assert_type(greet.submit("World"), TaskHandle[str])
    assert_type(greet.submit("World", delay_seconds=5, on_success=[greet, "x"]).wait(), str)
    assert_type(greet.submit("World", execute_now=True).result(), str)
    for takes_an_order in (ship, named_context, context_first, optional_context):
        assert_type(takes_an_order.submit(Order(number=1)).wait(timeout_seconds=None), int)
    assert_type(only_context.submit().wait(), int)
    assert_type(only_named_context.submit().wait(), int)
    assert_type(nothing.submit(priority="high").wait(), int)
    for has_default in (page, page_with_context, context_then_page):
        assert_type(has_default.submit().wait(), int)
        assert_type(has_default.submit(2, code="two").wait(), int)
    assert_type(maybe.submit().wait(), str)
    assert_type(maybe.submit("Ada").wait(), str)
    assert_type(none.submit().wait(), int)
    assert_type(anything.submit(Order(number=1)).wait(), str)
    assert_type(as_json.submit({"a": [1, "b"]}).wait(), dict[str, Any])
    assert_type(by_name.submit(1).wait(), int)
    assert_type(nap.submit(0.5).wait(), float)
    assert_type(async_context.submit().wait(), int)
    assert_type(count.submit(3).wait(), list[int])
    assert_type(async_count.submit(3).wait(), list[int])
    assert_type(floats.submit([1, 2]).wait(), float)
    assert_type(weigh.submit({"grams": 1}).wait(), int)
    assert_type(colour.submit("red").wait(), str)


def fan_outs() -> None:
    assert_type(greet.map(["Ada", "Grace"]), MapHandle[str])
    assert_type(greet.map(name for name in ("Ada", "Grace")).wait(), dict[str, int])
    assert_type(greet.map(["Ada"]).results(), Iterator[str])
    assert_type(
        greet.map(["Ada"], tolerated_failures="5%", batch_size=9).results(), Iterator[str | None]
    )


async def waits() -> None:
    assert_type(await greet.submit("World").wait_async(), str)
    assert_type(await greet.map(["World"]).wait_async(), dict[str, int])


def wider_handle() -> TaskHandle[str | None]:
    return greet.submit("World")


def handles(any_handle: TaskHandle, text: str) -> None:
    assert_type(any_handle.wait(), Any)
    assert_type(TaskHandle.of(text), TaskHandle[Any])
    assert_type(TaskHandle.of(text, greet), TaskHandle[str])
    assert_type(MapHandle.of(text, greet), MapHandle[str])
    assert_type(wider_handle().result(), str | None)


# --- children


def children(ctx: TaskContext, name: str | None) -> int | None:
    assert_type(ctx.run(greet, "World"), str)
    assert_type(ctx.run(greet, "World", name="hello", deadline_seconds=9), str)
    assert_type(ctx.run(ship, Order(number=1)), int)
    assert_type(ctx.run(page), int)
    assert_type(ctx.run(page, 2), int)
    assert_type(ctx.run(nothing), int)
    assert_type(ctx.run(nap, 0.5), float)
    assert_type(ctx.run(count, 3), list[int])
    assert_type(ctx.run(maybe, name), str)
    assert_type(ctx.run("other-code-base", {"any": "JSON"}), Any)
    wider: int | None = ctx.run(page)
    assert_type(ctx.gather(greet, ["Ada", "Grace"]), list[str])
    assert_type(ctx.gather(greet, ["Ada"], return_exceptions=True), list[str | TaskFailed])
    assert_type(ctx.gather("other-code-base", [1, 2]), list[Any])
    assert_type(ctx.gather((greet, "Ada"), (maybe, None)), list[str])
    assert_type(ctx.gather((greet, "Ada"), (page, 2)), tuple[str, int])
    text, number = ctx.gather((greet, "Ada"), (page, 2), return_exceptions=True)
    assert_type(text, str | TaskFailed)
    assert_type(number, int | TaskFailed)
    assert_type(ctx.gather([(greet, each) for each in ("Ada", "Grace")]), list[str])
    assert_type(ctx.gather(*[(greet, each) for each in ("Ada", "Grace")]), list[str])
    assert_type(ctx.gather(("other-code-base", 1), (greet, "Ada")), list[Any])
    first, second = ctx.submit(greet, "Ada", delay_seconds=60), ctx.submit(page)
    assert_type(ctx.gather(first, first), list[str])
    assert_type(ctx.gather(first, second), tuple[str, int])
    assert_type(ctx.gather(ctx.submit_many(greet, ["Ada"])), list[str])
    assert_type(list(ctx.map(greet, ["Ada"])), list[str])
    assert_type(list(ctx.map(greet, ["Ada"], tolerated_failures=1)), list[str | None])
    assert_type(ctx.map(greet, ["Ada"]).counts, dict[str, int])
    if wider:
        return ctx.run(page)
    return page.submit().wait()


def literals_become_what_the_function_takes(ctx: TaskContext) -> None:
    ctx.run(floats, [1, 2])
    ctx.run(weigh, {"grams": 1})
    ctx.run(colour, "red")
    ctx.submit(floats, [1, 2])
    ctx.gather(floats, [[1, 2], [3]])
    ctx.map(weigh, [{"grams": 1}])
    weigh.map([{"grams": 1}])


# --- names of your own for task functions


def greeted_by(function: TaskFunction[str, str], ctx: TaskContext) -> str:
    assert_type(function.submit("World").wait(), str)
    return ctx.run(function, "World")


def run_any(function: TaskFunction, ctx: TaskContext) -> None:
    greeted_by(greet, ctx)
    assert_type(ctx.run(function, "anything"), Any)
    functions: list[TaskFunction[str, object]] = [greet]
    run_any(functions[0], ctx)


@event_handler(TaskQueueEvent)
def handle(event: TaskQueueEvent) -> str:
    return event.task_type


class Factory(TaskEventFactory):
    def transform_task(self, event: TaskQueueEvent) -> list[object]:
        assert_type(handle(event), str)
        return [event]


def stack(role: iam.Role) -> None:
    TaskStack(App(), "Tasks").api.grant_invoke(role, tenant="acme")
