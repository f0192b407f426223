"""What is wrong with task modules is told on entry of the in-process cloud, not by a task."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.sources.errors import CannotLoadTasks, NoTaskFolder
from taskmill.model.errors import Conflict
from taskmill.testing import InProcessCloud

PINGS = 'from taskmill import task\n\n@task("entry-ping")\ndef ping(x: int) -> int:\n    return x\n'
FAILS = PINGS.replace("entry-ping", "entry-fails").replace("return x", "raise OSError('disk full')")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = set(sys.modules), set(FUNCTIONS)
    yield tmp_path
    for name in set(sys.modules) - before[0]:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
    for name in set(FUNCTIONS) - before[1]:
        del FUNCTIONS[name]


def test_a_module_that_is_not_found_is_named_with_what_to_do() -> None:
    with (
        pytest.raises(CannotLoadTasks, match="'entry_nowhere'") as raised,
        InProcessCloud(modules=["entry_nowhere"]),
    ):
        pass
    assert "ModuleNotFoundError: No module named 'entry_nowhere'" in raised.value.message
    assert 'InProcessCloud(folder="tasks", modules=[...])' in raised.value.message


def test_the_folder_that_was_searched_is_named(folder: Path) -> None:
    with (
        pytest.raises(CannotLoadTasks, match=f"in {folder} and on sys.path"),
        InProcessCloud(folder=folder, modules=["entry_nowhere"]),
    ):
        pass


def test_a_dependency_that_is_missing_is_told_with_the_line_that_needs_it(folder: Path) -> None:
    (folder / "entry_needy.py").write_text(f"import humanize_not\n{PINGS}")

    with (
        pytest.raises(CannotLoadTasks, match=r"No module named 'humanize_not' \(.*needy.py:1\)"),
        InProcessCloud(folder=folder),
    ):
        pass


def test_a_syntax_error_is_told_with_its_line(folder: Path) -> None:
    (folder / "entry_broken.py").write_text(PINGS.replace("int:", "int"))

    with (
        pytest.raises(CannotLoadTasks, match=r"SyntaxError: .*entry_broken.py:4\)"),
        InProcessCloud(folder=folder),
    ):
        pass


def test_a_type_that_two_modules_define_is_told(folder: Path) -> None:
    (folder / "entry_one.py").write_text(PINGS)
    (folder / "entry_two.py").write_text(PINGS)

    with (
        pytest.raises(CannotLoadTasks, match=r"'entry_two': ValueError: .*'entry-ping'"),
        InProcessCloud(folder=folder),
    ):
        pass


def test_a_folder_without_tasks_is_told(folder: Path) -> None:
    with pytest.raises(NoTaskFolder, match="declares a task"), InProcessCloud(folder=folder):
        pass


def test_a_cloud_that_could_not_start_leaves_nothing_behind(folder: Path) -> None:
    before = list(sys.path)
    with pytest.raises(CannotLoadTasks), InProcessCloud(folder=folder, modules=["entry_nowhere"]):
        pass
    assert sys.path == before
    with InProcessCloud() as cloud:
        assert cloud.service.list_items_by_pk(tenant_code="acme").items == ()


def test_the_modules_of_a_folder_are_found_and_run(folder: Path) -> None:
    (folder / "entry_pings.py").write_text(PINGS)

    with InProcessCloud(folder=folder):
        assert FUNCTIONS["entry-ping"].submit(7, tenant="acme").wait() == 7


def test_a_missing_result_says_with_what_the_task_failed(folder: Path) -> None:
    (folder / "entry_fails.py").write_text(FAILS)

    with InProcessCloud(folder=folder) as cloud:
        handle = FUNCTIONS["entry-fails"].submit(1, tenant="acme", code="f-1")
        told = "entry-fails f-1 is QUEUED: it has no result yet; wait()"
        with pytest.raises(Conflict) as raised:
            handle.result()
        assert raised.value.message.startswith(told)
        cloud.run()
        with pytest.raises(Conflict) as raised:
            cloud.service.get_result(key=handle.key)

    told = "entry-fails f-1 is FAILED with OSError: disk full: it has no result"
    assert raised.value.message == told
