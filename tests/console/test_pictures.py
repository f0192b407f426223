"""A picture of the console, as `make screenshots` makes it."""

import struct
import zlib

from playwright.sync_api import Browser
from tools import screenshots
from tools.screenshots import HEIGHT, WIDTH, View

from taskmill.console.demo.shop import demo_cloud
from taskmill.console.serving import serve

VIEW = View("error", "/errors/{fingerprint}")


def test_a_picture_of_an_error_is_small_in_each_theme(browser: Browser) -> None:
    with demo_cloud(frozen=True, past_hours=4) as cloud, serve(screenshots.console_of(cloud)) as at:
        made = dict(screenshots.pictures(browser, at, cloud, (VIEW,)))

    assert list(made) == ["error-light.png", "error-dark.png"]
    assert made["error-light.png"] != made["error-dark.png"]
    for png in made.values():
        assert struct.unpack(">II", png[16:24]) == (WIDTH, HEIGHT)
        pixels = zlib.decompress(png[png.index(b"IDAT") + 4 : -16])
        assert len(pixels) == (WIDTH + 1) * HEIGHT
        assert len(set(pixels)) > 16  # of the palette
