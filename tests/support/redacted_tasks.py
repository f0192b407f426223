"""Task functions whose inputs and results hold secrets, and that do their best to tell them."""

from typing import Annotated, Any

from pydantic import BaseModel, SecretStr, field_validator

from taskmill import Secret, TaskContext, task

SEEN: list[Any] = []


class Account(BaseModel):
    holder: str
    number: Annotated[str, Secret]
    pin: SecretStr | None = None


class Transfer(BaseModel):
    accounts: list[Account]
    by_name: dict[str, Account | int] = {}
    note: dict[str, Any] = {}
    blob: str = ""


@task("redacted-transfer", redact=["iban"], on_completion="redacted-snapshot")
def transfer(transfer: Transfer) -> Transfer:
    return transfer


@task("redacted-fails", on_failure="redacted-snapshot")
def fails(transfer: Transfer, ctx: TaskContext) -> None:
    first = transfer.accounts[0]
    pin = first.pin.get_secret_value() if first.pin else ""
    ctx.progress(1, 2, f"looking at {first.number}")
    ctx.logger.info("working")
    raise ValueError(f"{'x' * 990}{first.number}") from RuntimeError(f"{first!r} has {pin!r}")


@task("redacted-snapshot")
def snapshot(ended: Any) -> None:
    SEEN.append(ended)


@task("redacted-parent")
def parent(transfer: Transfer, ctx: TaskContext) -> str:
    ctx.run(fails, transfer)
    return "unreached"


class Picky(BaseModel):
    code: Annotated[str, Secret]

    @field_validator("code")
    @classmethod
    def _check(cls, value: str) -> str:
        if not value.isdigit():
            raise ValueError(f"{value} is no number")
        return value


@task("redacted-picky")
def picky(picky: Picky) -> int:
    return len(picky.code)


@task("redacted-untyped")
def untyped(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("fail"):
        raise ValueError(f"cannot use {value['apiKey']}")
    return value
