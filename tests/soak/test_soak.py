"""After thousands of tasks and requests a process holds no more than after a few.

`make soak` runs the full size, 10,000 tasks and 5,000 requests; other runs a small, fixed one.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SUPPORT = Path(__file__).resolve().parents[1] / "support"
FULL = bool(os.environ.get("TASKMILL_SOAK"))
TASKS, REQUESTS = (10_000, 5_000) if FULL else (600, 600)
LEAKING_TASKS = 240
SECONDS = 900 if FULL else 120
WARM_UP = 4  # parts of twelve
# What may be left of one task or request, in bytes: a third of the least leak that is to be found,
# 1 KB. In a small run the figures move by as much as 30 KB from part to part.
PYTHON_BYTES = 340
RESIDENT_BYTES = 680  # what the system counts is coarser; only a full run is long enough for it
THREADS = 8  # more at one moment than at another: attempts with a time limit have their own

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells all of it"),
    pytest.mark.xdist_group("soak"),
]


class Leak(AssertionError):
    """A process holds more and more."""


def soaked(folder: Path, what: str, count: int, *kind: str) -> list[dict[str, int]]:
    """What a process held after each of twelve parts of the work."""
    report = folder / "report.json"
    subprocess.run(
        [sys.executable, str(SUPPORT / "soak.py"), what, str(count), str(report), *kind],
        check=True,
        timeout=SECONDS,
        env={
            **os.environ,
            "PYTHONPATH": str(SUPPORT),
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
            # The memory that threads give back is given back to the system.
            "MALLOC_ARENA_MAX": "1",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found: Any = json.loads(report.read_text())
    assert isinstance(found, list), found
    return found


def check_flat(parts: list[dict[str, int]]) -> None:
    """Compare the four parts after the warm-up with the last four.

    Raises:
        Leak: One of the figures has grown.
    """
    early, late = parts[WARM_UP : WARM_UP + 4], parts[-4:]

    def grown(name: str) -> float:
        medians = [statistics.median(part[name] for part in each) for each in (early, late)]
        return medians[1] - medians[0]

    between = grown("done")
    allowed = {"python": between * PYTHON_BYTES, "threads": THREADS, "descriptors": 0}
    if FULL:
        allowed["resident"] = between * RESIDENT_BYTES
    found = {name: grown(name) for name in allowed if grown(name) > allowed[name]}
    if found:
        raise Leak(f"{found} more after {between:,.0f}, of {allowed} allowed: {parts}")


def test_a_consumer_keeps_nothing_of_its_tasks(tmp_path: Path) -> None:
    check_flat(soaked(tmp_path, "work", TASKS))


def test_the_api_keeps_nothing_of_its_requests(tmp_path: Path) -> None:
    check_flat(soaked(tmp_path, "api", REQUESTS))


def test_a_task_that_leaks_a_kilobyte_is_noticed(tmp_path: Path) -> None:
    parts = soaked(tmp_path, "work", LEAKING_TASKS, "soak-leaks")

    with pytest.raises(Leak, match="python"):
        check_flat(parts)
