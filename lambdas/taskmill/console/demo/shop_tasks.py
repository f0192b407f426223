"""The task functions of the demo: a shop whose tasks take a while, and fail for a few reasons."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, SecretStr

from taskmill.functions.context import TaskContext
from taskmill.functions.secret_marks import Secret
from taskmill.functions.task_decorator import task
from taskmill.model.flow_control.declared_limits import Limit, RateLimit
from taskmill.model.retry import Retry

SUPPLIER = RateLimit("supplier", 6, per_seconds=60, burst=1)
QUICK = Retry(max_attempts=2, base_seconds=20, jitter="none")

_SLEEP: list[Callable[[float], None]] = []


def sleep_with(sleep: Callable[[float], None]) -> None:
    """How tasks of the demo take their time: in virtual time, where they run in it."""
    _SLEEP[:] = [sleep]


class PaymentDeclined(Exception):
    """The bank said no."""


class Order(BaseModel):
    """What a customer has ordered."""

    number: int
    customer: str
    country: str = "DE"
    items: list[str] = []


class Payment(BaseModel):
    """How an order is paid."""

    order: int
    cents: int
    card: SecretStr
    iban: Annotated[str, Secret] = ""


@task("invoice", retry=QUICK)
def invoice(order: Order, ctx: TaskContext) -> dict[str, Any]:
    """Write the invoice of an order, as a PDF in the bucket."""
    _work(ctx, 0.4, 2.5)
    rates = {"DE": 19, "AT": 20, "FR": 20, "IT": 22}
    return {"order": order.number, "vat": rates[order.country], "pages": 1 + order.number % 3}


@task("charge-card", retry=Retry(max_attempts=3, base_seconds=5, jitter="none"))
def charge_card(payment: Payment, ctx: TaskContext) -> dict[str, Any]:
    """Charge a card with the amount of an order."""
    _work(ctx, 0.3, 4.0)
    if payment.order % 19 == 0:
        raise PaymentDeclined(f"order {payment.order}: the bank declined {payment.cents} cents")
    if payment.order % 7 == 0 and ctx.attempt == 1:
        raise TimeoutError(f"no answer from the bank within {20 + payment.order % 9} s")
    return {"receipt": f"r-{payment.order}", "cents": payment.cents}


@task("send-mail")
def send_mail(to: str, ctx: TaskContext) -> bool:
    """Send a mail to a customer."""
    ctx.logger.info("sends", to=to)
    _work(ctx, 0.1, 0.9)
    return True


@task("tell-operators")
def tell_operators(ended: dict[str, Any], ctx: TaskContext) -> str:
    """Tell the operators of the shop which task has ended, and how."""
    _work(ctx, 0.1, 0.5)
    return f"{ended['task']['type']} has {ended['task']['status'].lower()}"


@task("pack", priority="high")
def pack(order: Order, ctx: TaskContext) -> int:
    """Have the items of an order packed."""
    _work(ctx, 20.0, 120.0)
    return len(order.items)


@task("fulfil-order")
def fulfil_order(order: Order, ctx: TaskContext) -> dict[str, Any]:
    """Charge, write the invoice and pack, side by side; then tell the customer."""
    payment = {"order": order.number, "cents": 100 * len(order.items) + 99, "card": "4111-1111"}
    paid, written, packed = ctx.gather(
        ctx.submit("charge-card", payment),
        ctx.submit("invoice", order.model_dump()),
        ctx.submit("pack", order.model_dump()),
    )
    ctx.run("send-mail", order.customer)
    return {"receipt": paid["receipt"], "pages": written["pages"], "packed": packed}


@task("import-product", timeout_seconds=60)
def import_product(row: dict[str, Any], ctx: TaskContext) -> str:
    """Import one row of the supplier's catalogue."""
    _work(ctx, 0.6, 1.8)
    if row["price"] < 0:
        raise ValueError(f"row {row['line']}: the price {row['price']} is negative")
    return f"p-{row['line']}"


@task("nightly-report")
def nightly_report(day: str, ctx: TaskContext) -> dict[str, Any]:
    """Sum up the sales of a day, country by country."""
    countries = ["DE", "AT", "FR", "IT", "ES"]
    for done, _ in enumerate(countries):
        ctx.progress(done, len(countries), f"sums up {countries[done]}")
        _work(ctx, 8.0, 30.0)
    return {"day": day, "countries": len(countries)}


@task("sync-stock", retry=QUICK)
def sync_stock(warehouse: str, ctx: TaskContext) -> int:
    """Compare the stock of a warehouse with what the shop shows."""
    _work(ctx, 2.0, 12.0)
    if warehouse == "lyon":
        raise ConnectionError("cannot connect to stock.lyon.example:8443")
    return 12


@task("print-label", concurrency=Limit(2, key="carrier"))
def print_label(parcel: dict[str, Any], ctx: TaskContext) -> str:
    """Have a carrier print the label of a parcel; each bears two requests at a time."""
    _work(ctx, 8.0, 25.0)
    return f"{parcel['carrier']}-{parcel['order']}"


@task("order-supplies", rate=SUPPLIER)
def order_supplies(item: str, ctx: TaskContext) -> str:
    """Order what runs out at the supplier, who takes six orders a minute."""
    _work(ctx, 0.2, 0.9)
    return f"{item}: ordered"


def _work(ctx: TaskContext, least: float, most: float) -> None:
    """Take a time that depends on the task alone, so that each run of the demo is the same."""
    chance = random.Random(f"{ctx.key.label} {ctx.attempt}")  # noqa: S311  # no secret
    ctx.logger.info("works", attempt=ctx.attempt)
    for sleep in _SLEEP:
        sleep(chance.uniform(least, most))
