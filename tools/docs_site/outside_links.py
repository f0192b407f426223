"""Links of a page, as they are right in the repository, made right on the site.

Some files have another place on the site than in the repository. What is not on the site at all is
linked to the repository, if its address is known; else its name stands without a link.
"""

import posixpath
import re

LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
ERRORS = "lambdas/taskmill/cli/explaining/pages"
README = "README.md"  # the site's first page says the same, in other words
_ELSEWHERE = re.compile(r"[a-z]+:")


def resolved(markdown: str, *, page: str, repository: str | None) -> str:
    """The text of a page with its relative links replaced.

    Args:
        markdown: The text.
        page: Its path on the site, as `guide/tasks.md`.
        repository: Address of the repository, if there is one.
    """
    source = posixpath.dirname(source_of(page))

    def replace(found: re.Match[str]) -> str:
        if _ELSEWHERE.match(found["target"]):
            return found[0]
        path = posixpath.normpath(posixpath.join(source, found["target"]))
        target = place_of(path)
        if target is not None:
            near = posixpath.relpath(target, posixpath.dirname(page) or ".")
            anchor = "" if path == README else found["anchor"] or ""
            return f"[{found['text']}]({near}{anchor})"
        if repository:
            return f"[{found['text']}]({repository.rstrip('/')}/blob/main/{path})"
        return found["text"]

    return LINK.sub(replace, markdown)


def source_of(page: str) -> str:
    """The file in the repository that a page of the site is made of; it need not exist."""
    folder, _, name = page.rpartition("/")
    return f"{ERRORS}/{name}" if folder == "errors" and name != "index.md" else f"docs/{page}"


def place_of(path: str) -> str | None:
    """The page of the site with the content of a file of the repository; None: there is none."""
    if path == README:
        return "index.md"
    if path == ERRORS:
        return "errors/index.md"
    if path.startswith(f"{ERRORS}/"):
        return f"errors/{posixpath.basename(path)}"
    return path.removeprefix("docs/") if path.startswith("docs/") else None
