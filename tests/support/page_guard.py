"""Notes what a page complains about, and which hosts it wants: each fails the test."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

# Runs before any script of a page; reports come as events, since our policy names no address.
_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI}`);
});
"""
_GIVEN_UP = "net::ERR_ABORTED"  # the page itself, or the one that followed, no longer wanted it


@dataclass
class Guard:
    """Watches the pages of a context.

    Attributes:
        complaints: What went wrong so far.
        address: The only one that a page may ask, as `http://127.0.0.1:4680`.
    """

    address: str
    complaints: list[str] = field(default_factory=list)
    _expected: list[re.Pattern[str]] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("page", self._watch_page)

    def expect(self, pattern: str) -> None:
        """Complaints that match are part of the test."""
        self._expected.append(re.compile(pattern))

    def check(self) -> None:
        """Fail on what was not expected."""
        left = [
            each
            for each in self.complaints
            if not any(pattern.search(each) for pattern in self._expected)
        ]
        assert not left, "the page complains:\n" + "\n".join(left)

    def _watch_page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._note(f"uncaught {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("crash", lambda _: self._note("the page crashed"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        own = f"{address.scheme}://{address.netloc}" == self.address
        if not own and address.scheme not in ("about", "blob", "data"):
            self._note(f"request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != _GIVEN_UP:
            self._note(f"failed request: {request.method} {request.url}: {request.failure}")

    def _note(self, complaint: str) -> None:
        self.complaints.append(complaint)
