"""Finds the page of an error: by its code, or by the name of its class."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib.resources import files

from taskmill.model.errors import InvalidRequest

_CLASSES = re.compile(r"^- Error: (.*(?:\n {2}.*)*)$", re.MULTILINE)


def all_pages() -> dict[str, str]:
    """The text of every page, by the code of its error."""
    folder = files("taskmill.cli.explaining") / "pages"
    return {
        each.name.removesuffix(".md"): each.read_text(encoding="utf-8")
        for each in sorted(folder.iterdir(), key=lambda each: each.name)
        if each.name.endswith(".md")
    }


def classes_of(page: str) -> list[str]:
    """The exception classes that a page is about."""
    named = _CLASSES.search(page)
    return re.findall(r"`(\w+)`", named[1]) if named else []


def page_of(error: str) -> str:
    """The page of an error.

    Args:
        error: Its code, as `too_large`, or its class, as `LimitExceeded`; case does not matter.

    Raises:
        InvalidRequest: There is no such error.
    """
    pages = all_pages()
    names = {code: code for code in pages}
    names |= {name.lower(): code for code, text in pages.items() for name in classes_of(text)}
    asked = error.strip().rpartition(".")[2].lower()
    if asked in names:
        return pages[names[asked]]
    near = get_close_matches(asked, names, n=1)
    hint = f"Did you mean {names[near[0]]!r}?" if near else "List all: taskmill explain"
    raise InvalidRequest(f"taskmill has no error {error!r}. {hint}", field="error")
