"""Somebody new: an empty folder, an empty home, the wheel; how long until the first task is done?

`make newcomer` installs everything anew, as they would, and also deploys to a local cloud.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import wheels
from dev_server import running
from wheels import ROOT, Installed

pytestmark = pytest.mark.xdist_group("wheel")

GREET = ("submit", "greet", '"World"', "--wait")
TO_FIRST_TASK_SECONDS = 60
TO_LOCAL_CLOUD_SECONDS = 180
PORT = 4712
everything_anew = pytest.mark.skipif(
    "TASKMILL_NEWCOMER" not in os.environ, reason="minutes, and the network; see make newcomer"
)


@pytest.fixture(scope="module")
def installed() -> Installed:
    return wheels.installed()


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def first_task_on_dev(there: Installed, home: Path) -> None:
    """What `taskmill init` tells to do next, up to the first task."""
    succeeded(there.run("taskmill", "init", "shop", folder=home))
    project = home / "shop"
    how = {"program": [there.program("taskmill")], "environment": there.environment(home)}
    with running(project, **how) as dev:
        dev.prints("ready in")
        assert succeeded(there.run("taskmill", *GREET, folder=project)).startswith("COMPLETED")
        assert dev.stop() == 0


def test_the_first_task_is_done_within_a_minute(installed: Installed, tmp_path: Path) -> None:
    used = _machine_seconds()

    first_task_on_dev(installed, tmp_path)

    assert _machine_seconds() - used < TO_FIRST_TASK_SECONDS


def test_the_new_project_is_tested_typed_and_synthesises(
    installed: Installed, tmp_path: Path
) -> None:
    succeeded(installed.run("taskmill", "init", "shop", folder=tmp_path))
    project = tmp_path / "shop"
    (project / ".build").symlink_to(ROOT / ".build")  # layers that were built before
    (ROOT / ".build").mkdir(exist_ok=True)

    assert "2 passed" in succeeded(installed.run("python", "-m", "pytest", folder=project))
    succeeded(installed.run("python", "-m", "mypy", folder=project))
    settings = {"CDK_OUTDIR": str(project / "out"), "CDK_CONTEXT_JSON": '{"local": "true"}'}
    succeeded(installed.run("python", "app.py", folder=project, **settings))
    assert (project / "out" / "Shop.template.json").exists()


@everything_anew
def test_from_pip_install_to_the_first_task(tmp_path: Path) -> None:
    began, used = time.monotonic(), _machine_seconds()
    there = _environment(tmp_path / "venv", "dev")
    first_task_on_dev(there, tmp_path)
    seconds, used = time.monotonic() - began, _machine_seconds() - used

    told = f"{seconds:.0f} s, {used:.0f} s of machine time"
    sys.stdout.write(f"\nfrom pip install to the first task on taskmill dev: {told}\n")
    assert used < TO_FIRST_TASK_SECONDS


@everything_anew
def test_from_local_up_to_the_first_task(tmp_path: Path) -> None:
    there = _environment(tmp_path / "venv", "cdk", "local")
    succeeded(there.run("taskmill", "init", "shop", folder=tmp_path))
    project = tmp_path / "shop"
    began = time.monotonic()
    try:
        succeeded(there.run("taskmill", "local", "up", "--port", str(PORT), folder=project))
        assert succeeded(there.run("taskmill", *GREET, folder=project)).startswith("COMPLETED")
        seconds = time.monotonic() - began
    finally:
        there.run("taskmill", "local", "down", folder=project)

    sys.stdout.write(f"\nfrom taskmill local up to the first task: {seconds:.0f} s\n")
    assert seconds < TO_LOCAL_CLOUD_SECONDS


def _environment(folder: Path, *extras: str) -> Installed:
    """A new environment with the wheel, and what it depends on, from the package index."""
    wheel = wheels.distributions().wheel
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    install = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, f"{wheel}[{','.join(extras)}]"], check=True)
    return Installed(folder)


def _machine_seconds() -> float:
    """CPU time of the programs that were run: what else the machine does meanwhile is not in it."""
    times = os.times()
    return times.children_user + times.children_system
