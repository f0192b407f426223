"""Pictures of the console's pages in both themes, for README and the guide: ``make screenshots``.

What they show is the made-up shop of ``taskmill console --demo``, whose time stands still: a
picture shows something else only when the console does. A few pixels at the edges of letters and
curves differ from run to run, as Chromium draws them. Paths of this machine become those of AWS.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from tools import chromium  # noqa: E402
from tools.small_png import small  # noqa: E402

from taskmill.console.app import Console  # noqa: E402
from taskmill.console.demo import shop_tasks  # noqa: E402
from taskmill.console.demo.shop import TENANT, ShopCloud, demo_cloud, demo_console  # noqa: E402
from taskmill.console.serving import Place, serve  # noqa: E402
from taskmill.model.keys import Kind  # noqa: E402
from taskmill.model.statuses import Status  # noqa: E402
from taskmill.testing import InProcessCloud  # noqa: E402
from taskmill.testing.over_http.transport import InProcessTransport  # noqa: E402

FOLDER = ROOT / "docs/console"
WIDTH, HEIGHT = 1200, 640
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
QUIET_MS = 600
MOST_BYTES = 60_000  # of one picture
MOST_BYTES_IN_ALL = 900_000
AS_ON_AWS = {
    str(Path(shop_tasks.__file__).parent): "/var/task",
    str(Path(shop_tasks.__file__).parents[3]): "/opt/python",
    str(Path(os.__file__).parent): "/var/lang/lib/python3.13",
}
"""Folders that stacks of this machine name, and those that they would name on AWS."""
SECRET = tuple({*AS_ON_AWS, str(ROOT), str(Path.home()), sys.prefix} - {"/", "/usr", "/usr/local"})


@dataclass(frozen=True)
class View:
    """What a picture shows.

    Attributes:
        name: Of the picture.
        path: Within the tenant; `{order}` and so on are filled in by `filled`.
        press: A button that is pressed before.
        pictured: False: tests look at it; a picture of it would show little that others do not.
    """

    name: str
    path: str
    press: str = ""
    pictured: bool = True


VIEWS = (
    View("overview", ""),
    View("tasks", "/tasks"),
    View("task", "/task/fulfil-order/{order}"),
    View("fan-outs", "/fan-outs", pictured=False),
    View("fan-out", "/fan-out/import-product/{fan_out}"),
    View("errors", "/errors"),
    View("error", "/errors/{fingerprint}"),
    View("bulk-dialog", "/errors/{fingerprint}", press="Retry all"),
    View("bulk", "/bulk", pictured=False),
    View("schedules", "/schedules"),
    View("schedule", "/schedules/report"),
    View("callbacks", "/callbacks"),
    View("limits", "/limits"),
    View("submit", "/submit/charge-card"),
    View("health", "/health"),
)


class _AsOnAws(httpx.AsyncBaseTransport):
    """The demo's API, whose answers name no folder of this machine."""

    def __init__(self, cloud: InProcessCloud) -> None:
        self._api = InProcessTransport(cloud)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._api.handle_async_request(request)
        text = (await answer.aread()).decode()
        for here, there in AS_ON_AWS.items():
            text = text.replace(here, there)
        answer.headers.pop("content-length", None)
        return httpx.Response(answer.status_code, headers=answer.headers, content=text.encode())


def console_of(cloud: ShopCloud) -> Console:
    """The console of the demo, as if the shop ran on AWS."""
    console = demo_console(cloud)
    return replace(console, upstream=replace(console.upstream, transport=_AsOnAws(cloud)))


def filled(cloud: InProcessCloud) -> dict[str, str]:
    """What the paths of views leave open."""
    with cloud.client(TENANT) as client:
        order = next(iter(client.list(task_type="fulfil-order", status=Status.FAILED)))
        fan_out = next(iter(client.list(task_type="import-product", kind=Kind.SFN_TASK)))
        group = max(client.error_groups(), key=lambda each: (len(each.types), each.open))
    return {"order": order.code, "fan_out": fan_out.code, "fingerprint": group.fingerprint}


def pictures(
    browser: Browser, place: Place, cloud: InProcessCloud, views: tuple[View, ...] = VIEWS
) -> Iterator[tuple[str, bytes]]:
    """Each view in both themes: the name of its file, and a PNG.

    Raises:
        ValueError: A page names a folder of this machine.
    """
    words, palettes = filled(cloud), browser.new_page()
    for theme in THEMES:
        with _context(browser, theme) as context:
            page = context.new_page()
            page.clock.set_fixed_time(cloud.now / 1000)
            for view in (each for each in views if each.pictured):
                page.goto("about:blank")  # a change of the fragment alone would load nothing
                page.goto(place.address(f"/{TENANT}{view.path.format(**words)}"))
                png = small(palettes, _picture(page, view))
                yield f"{view.name}-{theme}.png", png


@contextmanager
def _context(browser: Browser, theme: Literal["light", "dark"]) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme=theme,
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    try:
        yield context
    finally:
        context.close()


def _picture(page: Page, view: View) -> bytes:
    ready(page, view)
    page.mouse.move(0, 0)
    refuse_paths(view.name, page.locator("body").text_content() or "")
    return page.screenshot(animations="disabled", caret="hide")


def ready(page: Page, view: View) -> None:
    """Wait until a page shows a view, and press what is to be pressed."""
    page.get_by_role("main").get_by_role("heading").first.wait_for()
    _settle(page)
    if view.press:
        page.get_by_role("main").get_by_role("button", name=view.press).first.click()
        page.get_by_role("dialog").locator(".bulk-count").wait_for()
        _settle(page)


def _settle(page: Page) -> None:
    """Wait until nothing loads, and the text stays as it is."""
    page.wait_for_load_state("networkidle")
    before = ""
    while (text := page.locator("body").inner_text()) != before:
        before = text
        expect(page.locator(".loading")).to_have_count(0, timeout=30_000)
        page.wait_for_timeout(QUIET_MS)


def refuse_paths(name: str, text: str) -> None:
    """Fail where a page's text names a folder of this machine.

    Raises:
        ValueError: It does.
    """
    if found := [path for path in SECRET if path in text]:
        raise ValueError(f"{name} shows folders of this machine: {', '.join(found)}")


def _launched(playwright: Playwright) -> Browser:
    path = chromium.find()
    if path is None:
        sys.exit(chromium.ADVICE)
    arguments = ["--disable-gpu", "--font-render-hinting=none", "--hide-scrollbars"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return playwright.chromium.launch(executable_path=path, args=arguments)


def write(folder: Path) -> Mapping[str, int]:
    """Replace the pictures in a folder.

    Returns:
        Their sizes in bytes.
    """
    folder.mkdir(exist_ok=True)
    sizes: dict[str, int] = {}
    # The cloud plays its past before Playwright has a loop in this thread.
    with (
        demo_cloud(frozen=True) as cloud,
        serve(console_of(cloud)) as place,
        sync_playwright() as playwright,
    ):
        browser = _launched(playwright)
        for name, png in pictures(browser, place, cloud):
            (folder / name).write_bytes(png)
            sizes[name] = len(png)
            print(f"{name:<24}{len(png):>8,} bytes", flush=True)
        browser.close()
    for old in folder.glob("*.png"):
        if old.name not in sizes:
            old.unlink()
    return sizes


def main() -> None:
    """Replace the pictures; those that are too large are an error."""
    sizes = write(FOLDER)
    print(f"{len(sizes)} pictures in {FOLDER.relative_to(ROOT)}, {sum(sizes.values()):,} bytes")
    if large := [name for name, size in sizes.items() if size > MOST_BYTES]:
        sys.exit(f"more than {MOST_BYTES:,} bytes: {', '.join(large)}")
    if sum(sizes.values()) > MOST_BYTES_IN_ALL:
        sys.exit(f"more than {MOST_BYTES_IN_ALL:,} bytes in all")


if __name__ == "__main__":
    main()
