"""The workflows: well formed, pinned, with no more rights than they need; they call what exists."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
# What GitHub's documentation ("Workflow syntax") allows; a key that it does not know ends the run.
TOP = {"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"}
JOB = {
    *("name", "permissions", "needs", "if", "runs-on", "environment", "concurrency", "outputs"),
    *("env", "defaults", "steps", "timeout-minutes", "strategy", "continue-on-error", "container"),
    *("services", "uses", "with", "secrets"),
}
STEP = {
    *("id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env"),
    *("continue-on-error", "timeout-minutes"),
}
RIGHTS = {
    "tests.yml": {("contents", "read")},
    "docs.yml": {("contents", "write")},
    "release.yml": {("contents", "read"), ("contents", "write"), ("id-token", "write")},
}


def workflow(file: Path) -> dict[str, Any]:
    found: dict[Any, Any] = yaml.safe_load(file.read_text())
    found["on"] = found.pop(True)  # YAML 1.1 takes `on` for a truth value
    return found


def jobs(file: Path) -> dict[str, dict[str, Any]]:
    return dict(workflow(file)["jobs"])


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(file).values():
        yield from job.get("steps", ())


def by_name(name: str) -> Path:
    return ROOT / ".github/workflows" / name


def test_there_are_workflows_for_tests_docs_and_releases() -> None:
    assert {file.name for file in FILES} == set(RIGHTS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_has_only_keys_that_github_knows(file: Path) -> None:
    assert set(workflow(file)) <= TOP
    for job in jobs(file).values():
        assert set(job) <= JOB
        assert ("uses" in job) != ("runs-on" in job and "steps" in job)
        assert "uses" in job or job["timeout-minutes"] <= 60
    for step in steps(file):
        assert set(step) <= STEP
        assert ("uses" in step) != ("run" in step)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_job_needs_only_jobs_that_are_there(file: Path) -> None:
    known = jobs(file)

    for job in known.values():
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= set(known)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_actions_are_pinned_to_a_version(file: Path) -> None:
    used = [step["uses"] for step in steps(file) if "uses" in step]
    used += [job["uses"] for job in jobs(file).values() if "uses" in job]

    for each in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+(\.\d+\.\d+)?", each) or (ROOT / each).is_file()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_has_the_rights_that_it_needs_and_no_others(file: Path) -> None:
    given = [
        workflow(file)["permissions"],
        *(job.get("permissions", {}) for job in jobs(file).values()),
    ]

    assert {right for each in given for right in each.items()} == RIGHTS[file.name]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_step_runs_is_there(file: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    ran = [shlex.split(line) for step in steps(file) for line in step.get("run", "").splitlines()]

    assert ran
    for words in ran:
        if words[0] == "make":
            assert set(words[1:]) <= targets
        elif words[0].startswith(".ci/"):
            assert (ROOT / words[0]).is_file()
        else:
            assert words[0] in {"echo", "git", "gh", "grep", "mike"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_that_others_write_stands_in_a_script(file: Path) -> None:
    """A branch or tag with a command in its name would be run."""
    assert [step["run"] for step in steps(file) if "${{" in step.get("run", "")] == []


def test_the_tests_run_on_every_python_that_the_package_allows() -> None:
    allowed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    [lowest, above] = (int(each) for each in re.findall(r"3\.(\d+)", allowed))

    ran_on = jobs(by_name("tests.yml"))["tests"]["strategy"]["matrix"]["python"]

    assert ran_on == [f"3.{minor}" for minor in range(lowest, above)]


def test_a_release_is_tested_built_and_compared_before_it_is_published() -> None:
    release = jobs(by_name("release.yml"))
    build = [step.get("run") for step in release["build"]["steps"]]

    assert release["build"]["needs"] == "tests"
    assert release["pypi"]["needs"] == "build"
    assert release["github"]["needs"] == "pypi"
    assert {"make upgrade-check", "make dist", "make sbom"} <= set(build)


def test_publishing_needs_no_secret() -> None:
    assert "secrets." not in by_name("release.yml").read_text()
    assert jobs(by_name("release.yml"))["pypi"]["permissions"] == {"id-token": "write"}
