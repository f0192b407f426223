"""What type checkers must refuse, never run: each line with the rules of mypy and of pyright."""

from pydantic import BaseModel

from taskmill import TaskContext, TaskFunction, TaskHandle, task


class Order(BaseModel):
    number: int


@task("refused-greet")
def greet(name: str) -> str:
    return name


@task("refused-ship")
def ship(order: Order, ctx: TaskContext) -> int:
    return order.number + ctx.attempt


@task("refused-page")
def page(number: int = 1) -> int:
    return number


@task("refused-nothing")
def nothing() -> int:
    return 1


@task("refused-context")
def only_context(ctx: TaskContext) -> int:
    return ctx.attempt


@task("refused-nap")
async def nap(seconds: float) -> float:
    return seconds


def submits() -> None:
    greet.submit(42)  # arg-type, ArgumentType
    greet.submit()  # call-arg, CallIssue
    greet.submit(None)  # arg-type, ArgumentType
    greet.submit("a", "b")  # call-arg, CallIssue
    greet.submit("a", dely_seconds=1)  # call-arg, CallIssue
    greet.submit("a", priority="hihg")  # arg-type, ArgumentType
    greet.submit("a", on_success=len)  # arg-type, ArgumentType
    ship.submit({"number": 1})  # arg-type, ArgumentType
    ship.submit()  # call-arg, CallIssue
    page.submit("1")  # arg-type, ArgumentType
    page.submit(None)  # arg-type, ArgumentType
    nothing.submit(1)  # arg-type, ArgumentType
    only_context.submit(1)  # arg-type, ArgumentType
    nap.submit("1")  # arg-type, ArgumentType


def results() -> None:
    number: int = greet.submit("a").wait()  # assignment, AssignmentType
    number = greet.submit("a").result()  # assignment, AssignmentType
    number = nap.submit(1).wait()  # assignment, AssignmentType
    text: str = greet.map(["a"]).wait()  # assignment, AssignmentType
    handle: TaskHandle[int] = greet.submit("a")  # assignment, AssignmentType
    for each in greet.map(["a"], tolerated_failures=1).results():
        text = each  # assignment, AssignmentType
    del number, text, handle


async def async_results() -> None:
    number: int = await greet.submit("a").wait_async()  # assignment, AssignmentType
    number = nap(1)  # assignment, AssignmentType
    del number


def plain_calls(ctx: TaskContext) -> None:
    greet(42)  # arg-type, ArgumentType
    greet(42, "nonsense")  # call-arg, CallIssue
    greet(nam="a")  # call-arg, CallIssue
    ship(Order(number=1))  # call-arg, CallIssue
    ship(Order(number=1), "ctx")  # arg-type, ArgumentType
    only_context(1)  # arg-type, ArgumentType
    number: int = greet("a")  # assignment, AssignmentType
    del number, ctx


def fan_outs() -> None:
    greet.map([1, 2])  # list-item, ArgumentType
    greet.map(3)  # call-overload, ArgumentType
    greet.map(number for number in (1, 2))  # misc, ArgumentType
    ship.map([{"number": 1}])  # list-item, ArgumentType
    greet.map(["a"], tolerated_failure=1)  # call-overload, CallIssue


def children(ctx: TaskContext) -> str:
    ctx.run(greet, 42)  # arg-type, ArgumentType
    ctx.run(greet)  # call-overload, CallIssue
    ctx.run(greet, print)  # arg-type, ArgumentType
    ctx.run(ship, {"number": 1})  # arg-type, ArgumentType
    ctx.run(page, "1")  # arg-type, ArgumentType
    ctx.run(len, "a")  # call-overload, CallIssue
    ctx.run(greet, "a", nam="b")  # call-overload, CallIssue
    ctx.submit(greet, 42)  # arg-type, ArgumentType
    ctx.submit_many(greet, [42])  # list-item, ArgumentType
    ctx.gather(greet, [42])  # list-item, ArgumentType
    ctx.gather(greet, greet)  # arg-type, ArgumentType
    ctx.map(greet, [42])  # list-item, ArgumentType
    number: int = ctx.run(greet, "a")  # assignment, AssignmentType
    numbers: list[int] = ctx.gather(greet, ["a"])  # arg-type, AssignmentType
    number, text = ctx.gather((greet, "a"), (page, 1))  # assignment, AssignmentType
    number = sum(ctx.map(page, [1], tolerated_failures=1))  # arg-type, ArgumentType
    del number, numbers, text
    return ctx.run(page)  # return-value, ReturnType


def names() -> None:
    given: TaskFunction[int, str] = greet  # assignment, AssignmentType
    taken: TaskFunction[str, int] = greet  # assignment, AssignmentType
    del given, taken


task("refused-callback", on_success=42)  # arg-type, ArgumentType
task("refused-function", on_failure=[len])  # list-item, ArgumentType
task("refused-number")(42)  # call-overload, CallIssue
task("refused-runner", runner="lamda")  # arg-type, ArgumentType
