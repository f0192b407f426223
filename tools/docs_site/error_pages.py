"""The pages of the errors: those that `taskmill explain` shows, and a list of them."""

from collections.abc import Iterator

from taskmill.cli.explaining.pages_of_errors import all_pages, classes_of

_ABOUT = """\
# Errors

Every error has a code, which does not change. An answer of the API has it as `error.code`, a Python
exception as `code`, and a failed task stores the name of the class. `taskmill explain CODE` shows
these pages in a terminal, for a class as well: `taskmill explain TaskTimeout`.
"""


def pages() -> Iterator[tuple[str, str]]:
    """Path and text of each page."""
    known = all_pages()
    rows = [
        f"| [{code}]({code}.md) | {_classes(text)} | {meaning(text)} |"
        for code, text in known.items()
    ]
    yield (
        "errors/index.md",
        "\n".join([_ABOUT, "| code | class | |", "|---|---|---|", *rows]) + "\n",
    )
    for code, text in known.items():
        yield f"errors/{code}.md", text


def meaning(page: str) -> str:
    """The first paragraph of a page: the error in a sentence."""
    return " ".join(page.split("\n\n")[1].split())


def _classes(page: str) -> str:
    return ", ".join(f"`{name}`" for name in classes_of(page))
