"""Supply chain: what is installed is locked, with hashes, and no lock names a place."""

import json
import re
from pathlib import Path

import pytest

from taskmill_cdk.runtime_lock import RUNTIME_LOCK, RUNTIME_REQUIREMENTS, has_hashes

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {
    "requirements.txt": "pyproject.toml",
    "stacks/taskmill_cdk/runtime-lock.txt": "stacks/taskmill_cdk/runtime-requirements.txt",
    "local/taskmill_local/emulator-requirements.txt": (
        "local/taskmill_local/emulator-requirements.in"
    ),
    "benchmarks/peers/requirements.txt": "benchmarks/peers/requirements.in",
}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = [line for line in text.splitlines() if line and line[0] not in " #"]

    assert packages
    assert [each for each in packages if not re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+", each)] == []
    assert has_hashes(ROOT / lock)


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_index(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert "://" not in text
    assert not re.search(r"--(extra-)?index-url|--find-links", text)


def test_the_lock_of_npm_says_not_where_packages_came_from() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


@pytest.mark.parametrize(("lock", "source"), LOCKS.items())
def test_make_requirements_writes_every_lock(lock: str, source: str) -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\nrequirements:")[2].partition("\n\n")[0]

    assert f"-o {lock}" in recipe
    assert source in recipe


def test_packages_of_npm_have_hashes() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    assert [name for name, each in packages.items() if name and "integrity" not in each] == []


def test_every_install_asks_for_hashes() -> None:
    """But for that of taskmill itself, which comes from this folder and brings nothing."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    installs = re.findall(r"^.*(?:packages\.py|pip install).*$", makefile, re.MULTILINE)
    environment = (ROOT / "local/taskmill_local/python_env.py").read_text()

    assert len(installs) == 3
    assert [
        each for each in installs if "--require-hashes" not in each and "--no-deps" not in each
    ] == []
    assert 'install(python, "--require-hashes"' in environment


@pytest.mark.parametrize("lock", LOCKS)
def test_updates_are_proposed_for_every_lock(lock: str) -> None:
    folders = re.findall(r"^ +(?:- |directory: )(/\S*)", DEPENDABOT.read_text(), re.MULTILINE)
    folder = f"/{Path(lock).parent}" if "/" in lock else "/"

    assert folder in folders


def test_the_layer_s_lock_has_what_it_is_made_from() -> None:
    wanted = re.findall(r"^[a-z-]+==\S+", RUNTIME_REQUIREMENTS.read_text(), re.MULTILINE)
    locked = re.findall(r"^[a-z-]+==\S+", RUNTIME_LOCK.read_text(), re.MULTILINE)

    assert len(wanted) == 4
    assert set(wanted) <= set(locked)


DEPENDABOT = ROOT / ".github/dependabot.yml"
