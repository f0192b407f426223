"""Task functions whose inputs and results hold secrets, and that do their best to tell them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

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


class Numbered(BaseModel):
    number: int


@task("redacted-quoted")
def quoted(account: Account) -> None:
    Numbered.model_validate({"number": account.number})


@task("redacted-group")
def group(account: Account) -> None:
    texts = ("x" * 460 + account.number, "y" * 80 + account.number)
    raise ExceptionGroup("both", [ValueError(each) for each in texts])


@task("redacted-picky-result")
def picky_result(word: str) -> Picky:
    return {"code": f"{word}-wort"}  # type: ignore[return-value]  # that is its fault


@task("redacted-picky-parent")
def picky_parent(word: str, ctx: TaskContext) -> None:
    ctx.run(picky, {"code": f"{word}-wort"})  # type: ignore[arg-type]  # as JSON has it


class Preset(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"accounts": [{"holder": "A", "number": "preset-1"}]}]}
    )
    accounts: list[Account] = [Account(holder="Ada", number="preset-2")]
    tokens: list[Annotated[str, Secret]] = ["preset-3"]
    mode: Annotated[Literal["preset-4"], Secret] | None = None
    api_key: str = "preset-5"
    region: str = "eu-west-1"


@task("redacted-preset", redact=["apiKey"])
def preset(preset: Preset) -> None: ...
