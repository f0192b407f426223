"""The console on a phone: 360 px wide."""

from playwright.sync_api import Browser
from tools import screenshots
from tools.screenshots import VIEWS, View

from taskmill.console.demo.shop import TENANT, demo_cloud
from taskmill.console.serving import serve

WIDTH = 360
PAGES = (*VIEWS, View("limit", "/limits?name=print-label"))
# What reaches beyond the page, unless a box around it scrolls or cuts by itself.
WIDE = """
() => {
  const wide = document.scrollingElement.clientWidth;
  const held = (element) => {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== "visible" && at.clientWidth <= wide) return true;
    return false;
  };
  return {
    scrolls: document.scrollingElement.scrollWidth - wide,
    main: Math.max(0, ...["main", "#main", ".main"].map((name) => document.querySelector(name))
      .filter(Boolean).map((box) => box.scrollWidth - box.clientWidth)),
    beyond: [...document.querySelectorAll("body *")]
      .filter((each) => each.getBoundingClientRect().right > wide + 1 && !held(each))
      .slice(0, 5).map((each) => `${each.tagName}.${each.getAttribute("class") ?? ""}`),
  };
}
"""


def test_c39_no_page_scrolls_sideways_on_a_phone(browser: Browser) -> None:
    with demo_cloud(frozen=True, past_hours=4) as cloud, serve(screenshots.console_of(cloud)) as at:
        words = screenshots.filled(cloud)
        context = browser.new_context(viewport={"width": WIDTH, "height": 740}, locale="en-GB")
        page = context.new_page()
        page.clock.set_fixed_time(cloud.now / 1000)
        found = {}
        for view in PAGES:
            page.goto("about:blank")
            page.goto(at.address(f"/{TENANT}{view.path.format(**words)}"))
            screenshots.ready(page, view)
            found[view.name] = page.evaluate(WIDE)
        context.close()

    assert found == {name: {"scrolls": 0, "main": 0, "beyond": []} for name in found}
    assert len(found) == len(PAGES)
