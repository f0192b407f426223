"""What a release uploads: complete, the same from sdist and tree, usable by itself."""

import tarfile
import zipfile
from pathlib import Path

import pytest
import wheels
from tools.docs_site import python_api
from wheels import ROOT, Installed

pytestmark = pytest.mark.xdist_group("wheel")

PACKAGES = {
    "taskmill": ROOT / "lambdas/taskmill",
    "taskmill_cdk": ROOT / "stacks/taskmill_cdk",
    "taskmill_local": ROOT / "local/taskmill_local",
}
NOT_AT_RUN_TIME = {
    "taskmill_local/emulator-requirements.in",  # its lock is what is read
    "taskmill/console/tsconfig.json",  # checks the types of the page
}


@pytest.fixture(scope="module")
def installed() -> Installed:
    return wheels.installed()


def contents(wheel: Path) -> dict[str, bytes]:
    """Every file of a wheel but the list of them, which has their hashes."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if not name.endswith(("/", "RECORD"))
        }


def test_the_wheel_has_every_file_of_the_packages() -> None:
    there = {
        f"{package}/{file.relative_to(folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert there - set(contents(wheels.distributions().wheel)) == NOT_AT_RUN_TIME


def test_the_wheel_has_nothing_else() -> None:
    folders = {name.partition("/")[0] for name in contents(wheels.distributions().wheel)}

    assert {each for each in folders if not each.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_of_the_tree_is_that_of_the_sdist() -> None:
    [of_the_tree] = wheels.build(wheels.copied_sources(), "--wheel")

    assert contents(of_the_tree) == contents(wheels.distributions().wheel)


def test_the_sdist_has_licence_changes_and_pages() -> None:
    with tarfile.open(wheels.distributions().sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "docs/guide/tasks.md",
        "pyproject.toml",
    } <= names
    assert [name for name in names if name.endswith(".pyc")] == []


def test_the_page_of_the_console_is_in_the_wheel() -> None:
    names = set(contents(wheels.distributions().wheel))

    assert {"taskmill/console/static/index.html", "taskmill/console/static/app/main.js"} <= names


def test_the_licence_and_the_types_are_in_the_wheel() -> None:
    names = set(contents(wheels.distributions().wheel))

    assert [name for name in names if name.endswith("dist-info/licenses/LICENSE")] != []
    assert {f"{package}/py.typed" for package in PACKAGES} <= names


def test_the_command_runs_from_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    version = installed.run("taskmill", "--version", folder=tmp_path)
    about = installed.run("taskmill", "--help", folder=tmp_path)
    error = installed.run("taskmill", "explain", "too_large", folder=tmp_path)

    assert version.stdout.startswith("taskmill ")
    assert "submit" in about.stdout
    assert "What to do" in error.stdout
    assert version.stderr + about.stderr + error.stderr == ""


@pytest.mark.parametrize("module", [*python_api.modules(), "taskmill_local"])
def test_every_public_module_is_imported_from_the_wheel(
    installed: Installed, tmp_path: Path, module: str
) -> None:
    program = (
        f"import importlib; found = importlib.import_module({module!r})\n"
        "for name in getattr(found, '__all__', ()): getattr(found, name)\n"
        "print(found.__file__)"
    )

    ran = installed.run("python", "-W", "error::ImportWarning", "-c", program, folder=tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert Path(ran.stdout.strip()).is_relative_to(installed.folder)


def test_the_command_can_be_run_without_being_installed() -> None:
    """As `pipx run` and `uvx` do: by a command with the name of the distribution."""
    entry = contents(wheels.distributions().wheel)
    [points] = [text for name, text in entry.items() if name.endswith("entry_points.txt")]

    assert b"taskmill = taskmill.cli:main" in points
