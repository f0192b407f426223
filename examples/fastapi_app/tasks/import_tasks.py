"""The background work of the web app: an import of many rows."""

from __future__ import annotations

from pydantic import BaseModel

from taskmill import TaskContext, task


class Row(BaseModel):
    """A row of a price list."""

    item: str
    cents: int


class Imported(BaseModel):
    """What an import came to."""

    rows: int
    cents: int


@task("import-row")
def import_row(row: Row) -> int:
    if row.cents < 0:
        raise ValueError(f"{row.item} costs less than nothing")
    return row.cents


@task("import-rows")
def import_rows(rows: list[Row], ctx: TaskContext) -> Imported:
    ctx.logger.info("importing", rows=len(rows))
    cents = list(ctx.map(import_row, rows))
    return Imported(rows=len(cents), cents=sum(cents))
