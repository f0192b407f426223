"""What each view reads: the foot tells what the API told, and it does not grow unseen (C30)."""

import re
from collections.abc import Callable

from console_view import View

Show = Callable[..., View]
UNITS = {
    "/tasks": 9.0,
    "/tasks?q=status:failed": 13.5,
    "/tasks?q=type:invoice": 4.0,
    "/fan-outs": 4.0,
    "/errors": 0.5,
    "/schedules": 1.0,
    "/callbacks": 5.5,
    "/limits": 35.0,
    "/submit": 0.0,
    "": 2.5,
}
"""Most read units of a view in the demo's shop of three hours, opened within the page.

Without the unit that `/callbacks` reads a task type: this process knows types of other tests, too.
"""


def told(view: View) -> float:
    """The units that the foot tells."""
    foot = view.page.locator("footer .reads").inner_text()
    found = re.search(r"read ([\d.,]+) units", foot)
    assert found, foot
    return float(found[1].replace(",", ""))


def read(view: View, before: int) -> float:
    """The units that answers have named since."""
    return sum(each.units for each in view.behind.asked[before:])


def test_c30_each_view_tells_what_it_has_read(show_shop: Show) -> None:
    view = show_shop()
    view.open("/health")
    view.page.get_by_role("button", name="pause").click()  # no beacons between
    view.page.wait_for_timeout(1_000)
    figures = {}

    for page in UNITS:
        before = len(view.behind.asked)
        view.go(page)
        for _ in range(40):
            view.page.wait_for_timeout(100)
            if len(view.behind.asked) > before and same(view, before):
                break
        assert same(view, before), (page, told(view), read(view, before))
        asked = view.behind.asked[before:]
        by_type = [each for each in asked if each.path.endswith("/shop/callbacks")]
        assert all(each.units == 1 for each in by_type)
        figures[page] = round(read(view, before) - len(by_type), 1)

    assert figures.keys() == UNITS.keys()
    for page, units in figures.items():
        assert units <= UNITS[page], (page, units)
        assert units > 0 or not UNITS[page], page


def same(view: View, before: int) -> bool:
    """Whether the foot tells the same, rounded to tenths, and to whole units from 100 on."""
    units = read(view, before)
    return abs(told(view) - units) <= (0.051 if units < 100 else 0.51)
