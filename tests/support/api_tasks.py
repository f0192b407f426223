"""Task functions that the tests of the API submit to."""

from typing import Annotated, Any

from pydantic import BaseModel, SecretStr

from taskmill import Secret, task


class Airport(BaseModel):
    iata: str
    runways: int


@task("typed")
def typed(airport: Airport) -> str:
    return airport.iata


@task("any")
def anything(value: Any) -> Any:
    return value


@task("api-odd-fails")
def odd_fails(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value


class Card(BaseModel):
    holder: str
    number: Annotated[str, Secret] = "4711"
    pin: SecretStr | None = None


class Payment(BaseModel):
    card: Card
    tokens: list[SecretStr] = []
    note: dict[str, Any] = {}


@task("api-pay", redact=["iban"])
def pay(payment: Payment) -> Payment:
    """Pays with a card."""
    return payment


@task("api-pay-badly")
def pay_badly(payment: Payment) -> None:
    pin = payment.card.pin.get_secret_value() if payment.card.pin else ""
    raise ValueError(f"{payment.card.number} and {pin!r} were refused for {payment.card.holder}")
