"""Finds the Chromium that the browser tests drive, and installs one where there is none.

``make setup`` runs it. On Debian it is the package of the system, whose security updates it gets;
elsewhere Playwright's own build is kept in this folder. Nobody but the tests needs it, so a machine
that cannot have it is told what to do, and setup goes on.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTING = "TASKMILL_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
OWN = ROOT / ".local/browsers"
"""Where Playwright keeps a browser of its own; by default it would be the home folder."""
APT = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")
ADVICE = (
    "The browser tests need Chromium, and none could be installed here.\n"
    "Install it (Debian: apt-get install chromium), or set TASKMILL_CHROMIUM to its path.\n"
    "Until then these tests are skipped; where CI is set, they fail."
)


def find(environment: Mapping[str, str] = os.environ) -> str | None:
    """The path of a browser that starts: the one that TASKMILL_CHROMIUM names, or the first found.

    One that was named but does not start is no reason to take another: then it is None.
    """
    if named := environment.get(SETTING):
        return named if _starts(named) else None
    return next(filter(_starts, _candidates(environment)), None)


def _candidates(environment: Mapping[str, str]) -> Iterator[str]:
    for name in NAMES:
        if found := shutil.which(name, path=environment.get("PATH")):
            yield found
    for pattern in ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*"):
        yield from map(str, sorted(OWN.glob(f"chromium-*/{pattern}"), reverse=True))


def _starts(path: str) -> bool:
    """Whether it tells its version; Ubuntu's package without snap is a script that only fails."""
    try:
        run = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0


def install() -> None:
    """Install one: with apt-get if this may install packages, else with Playwright."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing Chromium with apt-get, for the browser tests")
        if _runs(*APT) or (_runs("apt-get", "update") and _runs(*APT)):
            return
    print("installing Playwright's Chromium into .local/browsers, for the browser tests")
    _runs(sys.executable, "-m", "playwright", "install", "chromium")


def _runs(*command: str) -> bool:
    """Run it; what it printed is shown only when it failed."""
    environment = os.environ | {
        "DEBIAN_FRONTEND": "noninteractive",
        "PLAYWRIGHT_BROWSERS_PATH": str(OWN),
    }
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        print(f"{' '.join(command)} failed:\n{(run.stderr or run.stdout).strip()[-1000:]}")
    return run.returncode == 0


def main() -> None:
    """Install one unless there is one, and say plainly if that was in vain."""
    if find() is None and SETTING not in os.environ:
        install()
    if find() is None:
        print(ADVICE, file=sys.stderr)


if __name__ == "__main__":
    main()
