"""Task functions that triggers start. `STARTED` notes what ran."""

from typing import Any

from taskmill import Retry, TaskContext, task

STARTED: list[Any] = []


@task("import-file")
def import_file(detail: dict[str, Any]) -> str:
    STARTED.append(detail)
    return str(detail["name"])


@task("import-number")
def import_number(number: int) -> int:
    STARTED.append(number)
    return number


@task("import-text")
def import_text(text: str) -> str:
    STARTED.append(text)
    return text


@task("import-nothing-given")
def import_nothing_given() -> str:
    STARTED.append("nothing")
    return "done"


@task("import-in-large", pool="large")
def import_in_large(detail: dict[str, Any]) -> str:
    STARTED.append(detail)
    return "large"


@task("import-in-typo", pool="larg")
def import_in_typo(detail: dict[str, Any]) -> None:
    STARTED.append(detail)


@task("import-urgently", priority="urgent")
def import_urgently(detail: dict[str, Any]) -> None:
    STARTED.append(detail)


@task("import-soon", expires_seconds=60)
def import_soon(detail: dict[str, Any]) -> None:
    STARTED.append(detail)


@task("import-again", retry=Retry(max_attempts=3, base_seconds=1, jitter="none"))
def import_again(detail: dict[str, Any], ctx: TaskContext) -> int:
    STARTED.append(ctx.attempt)
    if ctx.attempt < 2:
        raise ValueError("not yet")
    return ctx.attempt
