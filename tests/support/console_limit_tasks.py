"""Tasks with limits that the console's pages show in tests."""

from typing import Any

from taskmill import Limit, RateLimit, task

mail = RateLimit("console-post", 60, per_seconds=60, burst=1)
calls = RateLimit("console-calls", 90_000, per_seconds=3_600, key="account")


@task("console-sync", concurrency=Limit(2, key="customer"))
def sync(order: dict[str, Any]) -> object:
    return order["customer"]


@task("console-import", concurrency=3)
def import_rows(value: object) -> object:
    return value


@task("console-letter", rate=mail)
def letter(value: object) -> object:
    return value


@task("console-call", rate=calls)
def call(given: dict[str, Any]) -> object:
    return given["account"]


@task("console-stocktaking", concurrency=Limit(5, scope="stack", name="console-warehouse"))
def stocktaking(value: object) -> object:
    return value
