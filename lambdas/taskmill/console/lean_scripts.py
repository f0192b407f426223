"""Scripts without their comments: what browsers get. The sources are read in the repository."""

from __future__ import annotations

import re

_COMMENTS = re.compile(
    r"^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE
)


def lean(script: str) -> str:
    """A module without the comments that have lines of their own; a fifth less to send."""
    return _COMMENTS.sub("", script)
