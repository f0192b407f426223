"""Which requests are forwarded: the documented methods and paths of the API, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

# Segments as the API's names are: nothing that is quoted, no "." and ".." that a proxy resolves.
_SEGMENTS = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._-]*)+")
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_READS = re.compile(r"/v1/tenants/[^/]+/lookup")  # POST routes that change nothing


@dataclass(frozen=True)
class Refused:
    """Why a request is not forwarded.

    Attributes:
        status: Of the answer.
    """

    status: int
    code: str
    message: str


class Allowed:
    """Decides which requests are forwarded.

    Args:
        read_only: Only those that read.
    """

    def __init__(self, *, read_only: bool) -> None:
        self._read_only = read_only

    def refused(self, method: str, raw_path: str) -> Refused | None:
        """Why a request is not forwarded; None: it is.

        Args:
            raw_path: As it was sent, without the query.
        """
        if not _SEGMENTS.fullmatch(raw_path):
            return Refused(400, "malformed_path", "the path is not one of the API")
        methods = {each for each, path in self.routes if path.fullmatch(raw_path)}
        if not methods:
            return Refused(404, "no_route", f"the API documents no {raw_path}")
        if method not in methods:
            return Refused(
                405, "method_not_allowed", f"{raw_path} can {', '.join(sorted(methods))}"
            )
        if self._read_only and not is_read(method, raw_path):
            return Refused(403, "read_only", "this console was started with --read-only")
        return None

    @cached_property
    def routes(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Methods and paths. Imports the API's routes, which takes half a second."""
        from taskmill.http.app import build_app, documented_routes

        return tuple(compiled(documented_routes(build_app())))


def is_read(method: str, path: str) -> bool:
    """Whether a request changes nothing."""
    return method in ("GET", "HEAD") or (method == "POST" and bool(_READS.fullmatch(path)))


def compiled(routes: Iterable[tuple[str, str]]) -> Iterable[tuple[str, re.Pattern[str]]]:
    """Of the routes below /v1, method and pattern; `<name>` stands for one segment of a path."""
    for method, path in routes:
        if path.startswith("/v1/"):
            literal = re.split(r"<[^>]+>", path)
            yield method, re.compile(_NAME.join(map(re.escape, literal)))
