"""Tasks that the pages of the console show in tests."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from taskmill import Retry, TaskContext, task


class Invoice(BaseModel):
    """What the form of `console-invoice` asks for."""

    number: int = Field(ge=1)
    customer: str = Field(min_length=1)
    currency: Literal["EUR", "USD"] = "EUR"
    note: Annotated[str | None, Field(description="Printed below the total")] = None


class Login(BaseModel):
    user: str
    password: SecretStr


class Odd(BaseModel):
    """Names that every JavaScript object has, or that look like a path."""

    constructor: str = "c"
    to_string: int = Field(default=1, alias="toString")
    proto: str = Field(default="p", alias="__proto__")


class Dotted(BaseModel):
    dotted: int = Field(alias="a.b")


@task("console-odd")
def odd(given: Odd) -> dict[str, object]:
    return given.model_dump(by_alias=True)


@task("console-dotted")
def dotted(given: Dotted) -> int:
    return given.dotted


@task("console-login")
def login(given: Login) -> str:
    """Log somebody in, with a password that nobody sees."""
    return given.user


@task("console-invoice")
def invoice(order: Invoice, ctx: TaskContext) -> str:
    """Write an invoice."""
    ctx.logger.info("invoiced", customer=order.customer)
    return f"{order.customer}: {order.number} {order.currency}"


@task("console-parcel", retry=Retry(max_attempts=2, base_seconds=60, jitter="none"))
def parcel(address: str) -> str:
    """Send a parcel; there are addresses that do not exist."""
    if address.startswith("nowhere"):
        raise LookupError(f"no street {address!r}, asked 17 times")
    return f"sent to {address}"


@task("console-refund", retry=Retry(max_attempts=1))
def refund(amount: int) -> int:
    """Pay money back, if it is not too much."""
    if amount > 100:
        raise PermissionError(f"{amount} is more than anybody may refund")
    return amount


@task("console-row", retry=Retry(max_attempts=1))
def row(number: int) -> int:
    """One row of an import; each tenth is broken."""
    if number % 10 == 0:
        raise ValueError(f"row {number} has no name")
    return number


@task("console-echo")
def echo(value: object) -> object:
    return value


@task("console-family")
def family(names: list[str], ctx: TaskContext) -> list[object]:
    """A parent of as many children."""
    return ctx.gather(echo, names)


@task("console-tall", retry=Retry(max_attempts=1))
def tall(lines: int) -> None:
    """Fail with as many lines."""
    raise ValueError("\n".join(f"line {each}" for each in range(lines)))


@task("console-hostile", retry=Retry(max_attempts=1))
def hostile(text: str, ctx: TaskContext) -> None:
    """Repeat a text wherever a task can put one, then fail with it."""
    ctx.progress(1, 2, text)
    ctx.logger.info(text)
    raise type(text[:40], (Exception,), {})(text)
