"""Task functions that start others, are called back, or belong to another queue."""

import asyncio
import time
from typing import Any

from pydantic import BaseModel

from taskmill import Abort, Retry, TaskContext, task

ONCE = Retry(max_attempts=1)
QUICK = Retry(max_attempts=3, base_seconds=0)
SECONDS = 2.0


class Page(BaseModel):
    number: int


class Rendered(BaseModel):
    number: int
    text: str


@task("render", retry=QUICK, timeout_seconds=SECONDS)
def render(page: Page, ctx: TaskContext) -> Rendered:
    """Page 7 fails twice before it succeeds; there is no page 0."""
    if page.number == 0:
        raise Abort("there is no page 0")
    if page.number == 7 and ctx.attempt < 3:
        raise RuntimeError("not yet")
    return Rendered(number=page.number, text=f"page {page.number}, attempt {ctx.attempt}")


@task("book", timeout_seconds=SECONDS, retry=ONCE, on_success="shelve")
def book(pages: int, ctx: TaskContext) -> list[str]:
    rendered: list[Rendered] = ctx.gather(render, [Page(number=n + 1) for n in range(pages)])
    return [each.text for each in rendered]


@task("shelve", timeout_seconds=SECONDS)
def shelve(ended: dict[str, Any]) -> str:
    """The callback of `book`."""
    return f"{ended['task']['type']} is {ended['task']['status']}"


@task("leaflet", timeout_seconds=SECONDS, retry=ONCE)
def leaflet(pages: list[int], ctx: TaskContext) -> str:
    """Does not wait for its pages."""
    for number in pages:
        ctx.submit(render, Page(number=number))
    return "handed out"


@task("squares", timeout_seconds=SECONDS, retry=ONCE)
def squares(count: int, ctx: TaskContext) -> int:
    return sum(ctx.map("square", range(count)))


@task("square", timeout_seconds=SECONDS)
def square(number: int) -> int:
    return number * number


@task("slow-book", timeout_seconds=SECONDS, retry=ONCE)
def slow_book(pages: int, ctx: TaskContext) -> list[Rendered]:
    drafts = [ctx.submit(render, Page(number=n + 1), delay_seconds=300) for n in range(pages)]
    return ctx.gather(drafts)


@task("awaits", timeout_seconds=SECONDS)
async def awaits(seconds: float) -> float:
    """Awaits, so that others of the same delivery go on meanwhile."""
    began = time.time()
    await asyncio.sleep(seconds)
    return began


@task("dawdles", timeout_seconds=SECONDS)
def dawdles(seconds: float) -> None:
    time.sleep(seconds)


@task("never-returns", retry=ONCE, timeout_seconds=1.0)
def never_returns(_: Any) -> None:
    while True:
        pass


@task("wrong-result", retry=ONCE, timeout_seconds=SECONDS)
def wrong_result(_: Any) -> int:
    return "seven"  # type: ignore[return-value]


@task("long-haul", runner="container", timeout_seconds=3_600)
def long_haul(stops: int, ctx: TaskContext) -> str:
    """Longer than Lambda allows: only a consumer takes it."""
    for stop in range(stops):
        ctx.progress(stop + 1, stops)
        time.sleep(0.1)
    return "arrived"
