"""The fixture `cloud` of the package, in projects of their own: an empty folder, a fresh pytest."""

import os
import subprocess
import sys
from pathlib import Path

GREETINGS = """
from taskmill import task

@task("hail")
def hail(name: str) -> str:
    return f"Hello, {name}!"
"""
WITH_FIXTURE = """
from greetings import hail

def test_hail(cloud):
    assert hail.submit("World").wait() == "Hello, World!"
    assert hail.submit("World").key.tenant == "default"
"""


def pytest_of(project: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest in a project, without anything of this repository's configuration."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def write(project: Path, **files: str) -> Path:
    for name, text in files.items():
        file = project / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return project


def test_a_project_needs_no_conftest_and_no_path(tmp_path: Path) -> None:
    write(tmp_path, tasks__greetings_dot_py=GREETINGS, test_greetings_dot_py=WITH_FIXTURE)

    done = pytest_of(tmp_path)

    assert "1 passed" in done.stdout, done.stdout


def test_tests_may_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject_dot_toml="[tool.pytest.ini_options]\n",
        tasks__greetings_dot_py=GREETINGS,
        tests__test_greetings_dot_py=WITH_FIXTURE,
    )

    done = pytest_of(tmp_path / "tests")

    assert "1 passed" in done.stdout, done.stdout


def test_the_configuration_names_another_folder_and_its_modules(tmp_path: Path) -> None:
    write(
        tmp_path,
        pytest_dot_ini="[pytest]\ntaskmill_folder = src/jobs\ntaskmill_modules = greetings\n",
        src__jobs__greetings_dot_py=GREETINGS,
        src__jobs__unfinished_dot_py=GREETINGS,  # it would define the same type
        test_greetings_dot_py=WITH_FIXTURE,
    )

    done = pytest_of(tmp_path)

    assert "1 passed" in done.stdout, done.stdout


def test_a_module_that_cannot_be_imported_fails_the_fixture_with_its_error(tmp_path: Path) -> None:
    write(
        tmp_path,
        tasks__greetings_dot_py=GREETINGS,
        tasks__bad_dot_py=GREETINGS.replace('"World"', "").replace("str:", "str"),
        test_greetings_dot_py=WITH_FIXTURE,
    )

    done = pytest_of(tmp_path)

    assert "1 error" in done.stdout
    assert "cannot import the task module 'bad': SyntaxError" in done.stdout
    assert "tasks/bad.py:5" in done.stdout


def test_a_fixture_of_the_project_replaces_it(tmp_path: Path) -> None:
    own = "import pytest\n\n@pytest.fixture\ndef cloud():\n    return 'of my own'\n"
    write(
        tmp_path,
        conftest_dot_py=own,
        test_own_dot_py="def test_own(cloud):\n    assert cloud == 'of my own'\n",
    )

    assert "1 passed" in pytest_of(tmp_path).stdout


def test_who_does_not_use_it_does_not_pay_for_it(tmp_path: Path) -> None:
    heavy = ("boto3", "botocore", "aws_lambda_powertools", "pydantic", "httpx")
    test = f"import sys\n\ndef test_unused():\n    assert not {set(heavy)!r} & set(sys.modules)\n"
    write(tmp_path, test_unused_dot_py=test)

    assert "1 passed" in pytest_of(tmp_path).stdout
