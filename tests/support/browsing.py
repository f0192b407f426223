"""One Chromium, driven by Playwright, that knows no host but this machine."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright
from tools import chromium

REBOUND = "rebound.test"
"""A name of somebody else's that leads here, as after DNS rebinding."""
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",  # containers have 64 MB of it
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--font-render-hinting=none",
    "--no-first-run",
    # No other name is resolved: neither the page nor Chromium itself leaves this machine.
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
MISSING = "there is no Chromium: run `make setup`, or set TASKMILL_CHROMIUM to its path"


def executable() -> str:
    """The browser's path; without one the test is skipped, or fails where CI is set."""
    found = chromium.find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with an empty profile, which ends with the block."""
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    path = executable()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def loop_of(running: asyncio.AbstractEventLoop | None) -> Iterator[None]:
    """Let this thread have Playwright's event loop inside the block only.

    Its blocking interface leaves a loop running in the thread, so that tests which are no browser's
    could not run one of their own.
    """
    asyncio._set_running_loop(running)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)
