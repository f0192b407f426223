"""The command `taskmill explain`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.explaining.pages_of_errors import all_pages, classes_of, page_of

if TYPE_CHECKING:
    from taskmill.cli.call import Call

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")  # to pages of the site, which a terminal has not


def explain(
    ctx: typer.Context,
    error: Annotated[
        str | None,
        typer.Argument(
            metavar="ERROR",
            help="Code or class of an error, as too_large or TaskTimeout; all if left out.",
        ),
    ] = None,
) -> None:
    """Say what an error means, what causes it and what to do."""
    call: Call = ctx.obj
    if error is None:
        _list(call)
        return
    page = _LINK.sub(r"\1", page_of(error))
    if call.output.as_json:
        call.output.json(_parts(page))
        return
    from rich.markdown import Markdown

    call.output.out.print(Markdown(page))


def _list(call: Call) -> None:
    pages = all_pages()
    if call.output.as_json:
        call.output.json({code: _parts(_LINK.sub(r"\1", page)) for code, page in pages.items()})
        return
    for code, page in pages.items():
        call.output.line(f"{code:<24} {', '.join(classes_of(page))}")


def _parts(page: str) -> dict[str, str]:
    """Meaning, cause and advice of a page, each in one line."""
    head, _, rest = page.partition("\n## Cause\n")
    cause, _, advice = rest.partition("\n## What to do\n")
    meaning = head.split("\n\n")[1]
    parts = {"meaning": meaning, "cause": cause, "whatToDo": advice}
    return {name: " ".join(text.split()) for name, text in parts.items()}
