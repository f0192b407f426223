"""A page of the console in a browser, in front of a cloud of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from backstage import Backstage, backstage
from console_routes import missing
from page_guard import Guard
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from taskmill.testing import InProcessCloud

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # all others look at no colour
Theme = Literal["light", "dark"]


@dataclass
class View:
    """The page, and all that is behind it."""

    page: Page
    behind: Backstage
    guard: Guard

    @property
    def cloud(self) -> InProcessCloud:
        return self.behind.cloud

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def open(self, view: str = "") -> "View":
        """Open a view of the tenant, such as "/tasks?q=status:failed", as its address would."""
        self.page.clock.set_system_time(self.cloud.now / 1000)
        self.page.goto("about:blank")  # a change of the fragment alone would load nothing
        self.page.goto(self.behind.address(f"/{self.behind.tenant}{view}"))
        self.settled()
        return self

    def go(self, view: str) -> "View":
        """Go to a view within the page that is open, as a link does."""
        self.page.evaluate("hash => { location.hash = hash; }", f"/{self.behind.tenant}{view}")
        self.settled()
        return self

    def settled(self) -> None:
        """Wait until nothing is loading."""
        expect(self.main.get_by_role("heading").first).to_be_visible()
        expect(self.main.locator(".loading")).to_have_count(0, timeout=20_000)

    def pass_time(self, seconds: float) -> None:
        """Let time pass in the cloud, then in the page, with all that both have to do in it."""
        self.behind.advance(seconds)
        self.page.clock.run_for(round(seconds * 1000))

    @property
    def address(self) -> str:
        """The fragment of the page's address."""
        return str(self.page.evaluate("location.hash"))

    def violations_in_both_themes(self) -> list[str]:
        """What axe finds in the light theme, and what of the dark one's colours."""
        light = self.violations()
        self._turn("dark")
        dark = self.violations(OF_COLOURS)
        self._turn("light")
        return [*light, *(f"dark: {each}" for each in dark)]

    def _turn(self, theme: Theme) -> None:
        self.page.emulate_media(color_scheme=theme)
        expect(self.page.locator("html")).to_have_attribute("data-theme", theme)
        self.page.evaluate(
            "() => Promise.allSettled(document.getAnimations().map((each) => each.finished))"
        )

    def violations(self, rules: list[str] = RULES) -> list[str]:
        """What axe finds against WCAG's levels A and AA, each with the elements concerned."""
        if not self.page.evaluate("Boolean(window.axe)"):
            self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules
        )
        return [
            f"{each['id']} of {node['target']}: {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]


@contextmanager
def view(
    browser: Browser,
    cloud: InProcessCloud,
    *,
    theme: Theme = "light",
    context: dict[str, Any] | None = None,
    **about: Any,
) -> Iterator[View]:
    """A page in front of a cloud that has been entered; complaints of the page fail the test.

    Args:
        theme: What the system prefers.
        context: More arguments of Playwright's `new_context`.
        about: As of `taskmill.console.serving.serve`.
    """
    with backstage(cloud, **about) as behind:
        chosen: dict[str, Any] = {
            "color_scheme": theme,
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "viewport": {"width": 1280, "height": 800},
            **(context or {}),
        }
        made = browser.new_context(**chosen)
        try:
            yield _first_page(made, behind)
        finally:
            made.close()


def _first_page(context: BrowserContext, behind: Backstage) -> View:
    context.set_default_timeout(10_000)
    context.clock.install(time=behind.cloud.now / 1000)
    guard = Guard(behind.url)
    guard.watch(context)
    for name in missing():  # the page asks for them all the same
        guard.expect(rf"404 .*/{name}(\?[^)]*)?\)")
    return View(context.new_page(), behind, guard)
