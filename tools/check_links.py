"""Checks the links of all Markdown: what is linked exists, addresses elsewhere are well formed.

No address is called. ``make lint`` runs it. Headings get anchors as on GitHub; the site gives them
the same (`toc` in mkdocs.yml).
"""

import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from tools.docs_site import python_api  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
PATTERNS = ("*.md", "docs/**/*.md", "examples/**/*.md", "lambdas/**/*.md", "stacks/**/*.md")
PARSER = MarkdownIt("commonmark").enable("table")


def pages(root: Path) -> list[Path]:
    """All pages whose links are checked."""
    found = {page for pattern in PATTERNS for page in root.glob(pattern)}
    return sorted(page for page in found if ".egg-info" not in str(page))


def faults_of(page: Path, root: Path) -> Iterator[str]:
    """What is wrong with the links of a page, each as `file:line: what`."""
    for line, target in links(page):
        fault = _fault(target, page, root)
        if fault:
            yield f"{page.relative_to(root)}:{line}: {target}: {fault}"


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Line and target of each link and picture."""
    for block in PARSER.parse(page.read_text(encoding="utf-8")):
        for token in block.children or ():
            target = token.attrGet("href") or token.attrGet("src")
            if target:
                yield (block.map or [0])[0] + 1, str(target)


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings."""
    tokens = PARSER.parse(page.read_text(encoding="utf-8"))
    seen: dict[str, int] = {}
    found = set()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            name = slug(_text(inline))
            again = seen.get(name, 0)
            seen[name] = again + 1
            found.add(f"{name}-{again}" if again else name)
    return frozenset(found)


def slug(heading: str) -> str:
    """The anchor of a heading: lower case, without punctuation, with hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def generated(root: Path) -> set[Path]:
    """Pages that only the site has: the reference."""
    names = ["cli", "http", *python_api.modules()]
    return {root / "docs/reference" / f"{name}.md" for name in names}


def _fault(target: str, page: Path, root: Path) -> str | None:
    parts = urlsplit(target)
    if parts.scheme:
        well_formed = parts.scheme in ("https", "mailto") and (parts.netloc or parts.path)
        return None if well_formed else "no https address"
    file = (page.parent / parts.path).resolve() if parts.path else page
    if file in generated(root):
        return None
    if not file.exists():
        return "there is no such file"
    if root not in (file, *file.parents):
        return "outside the repository"
    if parts.fragment and file.suffix == ".md" and parts.fragment not in anchors(file):
        return "there is no such heading"
    return None


def _text(inline: Token) -> str:
    return "".join(each.content for each in inline.children or () if each.type != "image")


def main(given: Sequence[str]) -> int:
    """Print the faults of the given pages, of all if none is given; 1 if there are any."""
    chosen = [Path(each).resolve() for each in given] or pages(ROOT)
    faults = [fault for page in chosen for fault in faults_of(page, ROOT)]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
