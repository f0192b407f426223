"""Task code that forks: the process that ran the task goes on, the forked one does not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import forking_tasks
import pytest
from clouds import get, result, submit
from forking_tasks import NOTES, notes

from taskmill.model.keys import TaskKey
from taskmill.testing import InProcessCloud

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # threads and forks: the point
]
WAYS = {"the Lambda worker": {}, "a consumer": {"TASKMILL_RUNNER": "container"}}
EXIT_CODES = {"returns": 0, "raises": 1, "exits": 3, "cancels": 1}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InProcessCloud]:
    NOTES[:] = [tmp_path / "notes"]
    environment = {**request.param, "TASKMILL_TENANT": "mbc"}
    with InProcessCloud(modules=["forking_tasks"], environment=environment) as cloud:
        yield cloud


def run(cloud: InProcessCloud, task_type: str, value: Any = None) -> TaskKey:
    key = submit(cloud, task_type, value)
    cloud.run()
    return key


@pytest.mark.parametrize("how", EXIT_CODES)
@pytest.mark.parametrize("task_type", ["forks", "forks-async"])
def test_a_forked_process_ends_where_it_comes_back(
    cloud: InProcessCloud, task_type: str, how: str
) -> None:
    before, key = submit(cloud, "notes", "before"), submit(cloud, task_type, how)
    after = [submit(cloud, "notes", f"after {number}") for number in range(3)]

    cloud.run()

    assert result(cloud, key) == EXIT_CODES[how]
    assert {get(cloud, each).status for each in (before, *after)} == {"COMPLETED"}
    # Had the child gone on, it would have run those, too.
    assert sorted(notes()) == sorted(
        ["parent", "child", "ran before", *(f"ran after {number}" for number in range(3))]
    )


def test_in_a_batch_it_runs_no_further_subtask(cloud: InProcessCloud) -> None:
    handle = forking_tasks.forks.map(["returns", "raises", "exits"], batch_size=3)
    cloud.run()

    assert list(handle.results()) == [0, 1, 3]
    assert sorted(notes()) == ["child"] * 3 + ["parent"] * 3


@pytest.mark.parametrize("function", [forking_tasks.forks, forking_tasks.forks_async])
def test_in_the_submitting_process_it_does_not_go_on_with_the_program(
    cloud: InProcessCloud, function: Any
) -> None:
    handle = function.submit("returns", execute_now=True)
    forking_tasks.note("after")

    assert handle.result() == 0
    assert sorted(notes()) == ["after", "child", "parent"]


def test_pools_of_processes_work_as_ever(cloud: InProcessCloud) -> None:
    assert result(cloud, run(cloud, "uses-a-pool", [1, 2, 3])) == [1, 4, 9]


def test_a_forked_process_may_report_progress(cloud: InProcessCloud) -> None:
    assert result(cloud, run(cloud, "uses-ctx-in-a-fork", "progress")) == 7


@pytest.mark.parametrize("what", ["run", "submit", "submit_many", "gather", "map"])
def test_a_forked_process_cannot_start_children_of_its_parent(
    cloud: InProcessCloud, what: str
) -> None:
    assert result(cloud, run(cloud, "uses-ctx-in-a-fork", what)) == 8
    assert "only that process can start children" in notes()[0]


def test_a_forked_process_can_run_tasks_itself(cloud: InProcessCloud) -> None:
    assert result(cloud, run(cloud, "runs-a-task-in-a-fork")) == 5


def test_a_module_that_forks_at_import_is_imported_once(tmp_path: Path) -> None:
    (tmp_path / "forks_at_import.py").write_text("import os\nCHILD = os.fork()\n")
    script = """
import os, sys
from taskmill.functions.registry import Registry

Registry(["forks_at_import"]).load()
_, status = os.waitpid(sys.modules["forks_at_import"].CHILD, 0)
print("imported", status)
"""
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    said = subprocess.run(
        command, check=True, timeout=60, capture_output=True, text=True, env=environment
    )

    assert said.stdout == "imported 0\n"


def test_what_a_child_prints_is_not_lost() -> None:
    script = """
import os
from taskmill import task
from taskmill.testing import InProcessCloud

@task("prints")
def prints(_):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    print("from the child")
    raise ValueError("told on stderr")

with InProcessCloud(environment={"TASKMILL_TENANT": "mbc"}):
    prints.submit().wait()
    print("from the parent")
"""
    said = subprocess.run(
        [sys.executable, "-c", script], check=True, timeout=60, capture_output=True, text=True
    )

    assert said.stdout.splitlines() == ["from the child", "from the parent"]
    assert "ValueError: told on stderr" in said.stderr
