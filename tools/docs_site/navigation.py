"""Entries of `nav` for several pages: `guide/*` is all of a folder that are not named elsewhere."""

from collections.abc import Collection, Iterator
from typing import Any


def expanded(nav: Any, pages: Collection[str]) -> Any:
    """A navigation with its patterns replaced by pages, in the order of their paths.

    Args:
        nav: As in mkdocs.yml: lists, sections with a title, and paths.
        pages: The paths of all pages.
    """
    return _expanded(nav, pages, set(_named(nav)))


def _expanded(entry: Any, pages: Collection[str], named: set[str]) -> Any:
    if isinstance(entry, list):
        return [each for part in entry for each in _each(part, pages, named)]
    if isinstance(entry, dict):
        return {title: _expanded(part, pages, named) for title, part in entry.items()}
    return entry


def _each(part: Any, pages: Collection[str], named: set[str]) -> Iterator[Any]:
    if not (isinstance(part, str) and part.endswith("/*")):
        yield _expanded(part, pages, named)
        return
    folder = part.removesuffix("*")
    yield from sorted(page for page in pages if page.startswith(folder) and page not in named)


def _named(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from _named(part)
