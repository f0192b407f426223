"""Chromium is found or installed, with stand-ins for apt-get and for browsers."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools import chromium

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may install with apt-get")


@dataclass
class Machine:
    """A machine on which only what a test puts into `programs` is installed."""

    programs: Path
    own: Path

    def has(self, name: str, script: str = "exit 0") -> Path:
        program = self.programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    def has_apt(self, script: str) -> None:
        """`script` runs at each call of apt-get, whose arguments are noted."""
        self.has("apt-get", f'echo "$@" >> {self.programs}/apt.log\n{script}')

    @property
    def apt_calls(self) -> list[str]:
        log = self.programs / "apt.log"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    programs, own = tmp_path / "bin", tmp_path / "own"
    programs.mkdir()
    for name in ("sh", "cp", "chmod", "touch", "test", "cat"):
        (programs / name).symlink_to(Path("/bin") / name)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv(chromium.SETTING, raising=False)
    monkeypatch.setattr(chromium, "OWN", own)
    # Playwright's own installer would download 150 MB.
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    return Machine(programs, own)


def put(machine: Machine) -> str:
    """Shell code that installs a browser."""
    ready = machine.has("ready")
    return f"cp {ready} {machine.programs}/chromium"


def test_the_browser_that_is_named_comes_first(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has("chromium")
    named = machine.has("mine")
    monkeypatch.setenv(chromium.SETTING, str(named))

    assert chromium.find() == str(named)


def test_no_other_is_taken_for_one_that_is_named_and_does_not_start(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has("chromium")
    monkeypatch.setenv(chromium.SETTING, "/nowhere/chromium")

    assert chromium.find() is None


def test_a_script_that_only_asks_for_a_snap_is_passed_over(machine: Machine) -> None:
    machine.has("chromium-browser", "echo 'requires the chromium snap' >&2; exit 1")
    chrome = machine.has("google-chrome")

    assert chromium.find() == str(chrome)


def test_playwrights_own_is_found_last(machine: Machine) -> None:
    folder = machine.own / "chromium-1234/chrome-linux64"
    folder.mkdir(parents=True)
    own = folder / "chrome"
    own.symlink_to(machine.has("built-by-playwright"))
    assert chromium.find() == str(own)

    debians = machine.has("chromium")

    assert chromium.find() == str(debians)


def test_nothing_is_installed_where_there_is_one(machine: Machine) -> None:
    machine.has("chromium")
    machine.has_apt("exit 0")

    chromium.main()

    assert machine.apt_calls == []


@AS_ROOT
def test_root_gets_debians_package(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.has_apt(put(machine))

    chromium.main()

    assert machine.apt_calls == ["install -y --no-install-recommends chromium"]
    assert chromium.find() == str(machine.programs / "chromium")
    assert capsys.readouterr().err == ""


@AS_ROOT
def test_a_machine_without_lists_of_packages_gets_them_first(machine: Machine) -> None:
    lists = machine.programs / "lists"
    machine.has_apt(
        f'if [ "$1" = update ]; then touch {lists}; exit 0; fi\n'
        f"test -e {lists} || exit 100\n" + put(machine)
    )

    chromium.main()

    assert [call.split()[0] for call in machine.apt_calls] == ["install", "update", "install"]
    assert chromium.find() == str(machine.programs / "chromium")


def test_who_may_not_install_packages_gets_playwrights_own(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine.has_apt("exit 0")
    machine.has("python", f'echo "$@ $PLAYWRIGHT_BROWSERS_PATH" > {machine.programs}/python.log')

    chromium.main()

    assert machine.apt_calls == []
    asked = (machine.programs / "python.log").read_text().strip()
    assert asked == f"-m playwright install chromium {machine.own}"


def test_where_none_can_be_had_setup_goes_on_and_says_so(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.has_apt("echo 'E: Unable to locate package chromium' >&2; exit 100")
    machine.has("python", "echo 'Failed to download' >&2; exit 1")

    chromium.main()

    printed = capsys.readouterr()
    assert "Failed to download" in printed.out
    assert "apt-get install chromium" in printed.err
    assert "TASKMILL_CHROMIUM" in printed.err


def test_setup_looks_for_chromium() -> None:
    made = subprocess.run(
        ["make", "--dry-run", "--always-make", "setup"],  # noqa: S607  # whichever make runs us
        cwd=chromium.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "tools/chromium.py" in made.stdout
