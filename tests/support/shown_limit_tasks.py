"""Task functions with limits of concurrency and of rate."""

from typing import Any

from taskmill import Limit, RateLimit, task

mail = RateLimit("mail", 60, per_seconds=60, burst=1)


@task("limited-sync", concurrency=Limit(2, key="customer"))
def limited_sync(order: dict[str, Any]) -> None:
    pass


@task("limited-import", concurrency=3)
def limited_import(value: Any = None) -> Any:
    return value


@task("limited-shared", concurrency=Limit(5, scope="stack", name="warehouse"))
def limited_shared(value: Any = None) -> Any:
    return value


@task("limited-mail", rate=mail)
def limited_mail(value: Any = None) -> Any:
    return value


@task("limited-both", concurrency=2, rate=RateLimit("limited-both", 100))
def limited_both(value: Any = None) -> Any:
    return value


@task("limited-by-keys-only")
def limited_by_keys_only(value: Any = None) -> Any:
    return value
