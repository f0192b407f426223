"""Completion of types, codes and schedules: asks the API for a moment; silent on failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient

SECONDS = 2.0  # for one request; who presses Tab does not wait for more
MOST = 50


def complete_types(ctx: Any, incomplete: str) -> list[str]:
    """Task types of the tenant that begin so: those of its tasks."""
    return _completed(ctx, incomplete, _types)


def complete_keys(ctx: Any, incomplete: str) -> list[str]:
    """The words of a key: a type, and after that the codes of its newest tasks."""
    words = [word for word in ctx.params.get("key") or () if word != incomplete]
    if not words:
        return complete_types(ctx, incomplete)
    return _completed(ctx, incomplete, lambda client: _codes(client, words[0]))


def complete_schedules(ctx: Any, incomplete: str) -> list[str]:
    """Names of the tenant's schedules that begin so."""
    return _completed(
        ctx, incomplete, lambda client: (each.name for each in client.schedules(page_size=1_000))
    )


def _completed(ctx: Any, incomplete: str, find: Any) -> list[str]:
    """What `find` yields and begins so; nothing if anything at all goes wrong."""
    with suppress(Exception), _client(ctx) as client:
        matching = (text for text in find(client) if text.startswith(incomplete))
        return list(islice(matching, MOST))
    return []


def _client(ctx: Any) -> TaskClient:
    from taskmill.cli.call import Call
    from taskmill.cli.output import Output
    from taskmill.cli.profiles.applied import with_profile

    root = ctx.find_root()
    given = {
        name: root.params.get(name) for name in ("url", "tenant", "region", "profile", "stack")
    }
    call = with_profile(Call(**given, output=Output(), transport=root.obj))
    return call.client(timeout_seconds=SECONDS, sleep=_no_second_try)


def _no_second_try(_: float) -> None:
    raise TimeoutError


def _types(client: TaskClient) -> Iterator[str]:
    from taskmill.model.keys import Kind

    seen: set[str] = set()
    for kind in Kind:
        after: str | None = None
        while len(seen) < MOST and (
            task := next(iter(client.list(kind=kind, after=after, page_size=1)), None)
        ):
            after = f"{task.type}#0"  # the next type: no code sorts before "0"
            if task.type not in seen:
                seen.add(task.type)
                yield task.type


def _codes(client: TaskClient, task_type: str) -> Iterable[str]:
    from taskmill.model.keys import Kind

    return (
        task.code
        for kind in Kind
        for task in islice(client.list(task_type, kind=kind, page_size=MOST), MOST)
    )
