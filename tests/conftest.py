"""What all tests share."""

import gc
import os
import shutil
import signal
from pathlib import Path

import made_once
import page_programs
import pytest
import type_checkers
from stuck_tests import StuckTests
from type_checkers import Checked

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "taskmill")
TYPES = Path(__file__).parent / "types"
LONG = ("TASKMILL_SOAK", "TASKMILL_FUZZ", "TASKMILL_NEWCOMER")  # their tests take many minutes
made_once.share()
AS_IN_A_TERMINAL = {
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
    signal.SIGQUIT: signal.SIG_DFL,
}
gc.disable()  # while thousands of tests are collected, and nothing of it is let go


def pytest_configure(config: pytest.Config) -> None:
    for number, handler in AS_IN_A_TERMINAL.items():
        if signal.getsignal(number) is signal.SIG_IGN:  # under nohup, or in a script's background
            signal.signal(number, handler)
    if not any(name in os.environ for name in LONG):
        config.pluginmanager.register(StuckTests(600))


def pytest_sessionstart(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None and session.config.getoption("numprocesses", None):
        reporter.showfspath = False  # as pytest-xdist sets it, on the one that instafail replaces


def pytest_collection_finish() -> None:
    """What was imported and collected stays, so the collector need not look through it again."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """What type checkers say of the programs of all pages and of tests/types, in one run.

    Most of it goes into what the CDK's types are. One xdist_group, "type-checkers", uses it.
    """
    folder = tmp_path_factory.mktemp("typed")
    pages = page_programs.write(folder)
    for name in ("accepted.py", "refused.py"):
        shutil.copy(TYPES / name, folder)
    return Checked(pages, type_checkers.checked(folder))
