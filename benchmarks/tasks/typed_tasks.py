"""A task function whose input is a model: it brings pydantic along."""

from __future__ import annotations

from pydantic import BaseModel

from taskmill import task


class Request(BaseModel):
    """What the task takes."""

    n: int


@task("typed", timeout_seconds=5.0)
def typed(request: Request) -> int:
    return request.n
