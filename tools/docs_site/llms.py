"""llms.txt: the pages of the site, listed for language models (llmstxt.org)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Entry:
    """A page of the site.

    Attributes:
        section: Where it is in the navigation; empty: at the top.
        path: Of its Markdown, beside llms.txt.
    """

    section: str
    title: str
    path: str
    text: str

    @property
    def summary(self) -> str:
        """The first sentence of the page's first paragraph."""
        for block in self.text.split("\n\n"):
            line = _LINK.sub(r"\1", " ".join(block.split()))
            if line and line[0] not in "#|!<-:*{" and not line.startswith("```"):
                return line.partition(". ")[0].rstrip(".:")
        return ""


def listed(name: str, about: str, entries: Iterable[Entry]) -> str:
    """The text of llms.txt."""
    return "\n".join([f"# {name}", "", f"> {about}", *_sections(entries)]) + "\n"


def _sections(entries: Iterable[Entry]) -> Iterator[str]:
    section = None
    for each in entries:
        if each.section != section:
            section = each.section
            yield f"\n## {section or 'Start'}\n"
        told = f": {each.summary}" if each.summary else ""
        yield f"- [{each.title}]({each.path}){told}"
