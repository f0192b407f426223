"""Which modules of a folder hold tasks: their files are read, not imported."""

from pathlib import Path

import pytest

from taskmill.functions.sources.errors import NoTaskFolder
from taskmill.functions.sources.task_folder import checked_folder, find_modules

TASKS = 'from taskmill import task\n\n@task("a")\ndef a(): ...\n'
AS_ATTRIBUTE = 'import taskmill\n\n@taskmill.task("b")\nasync def b(): ...\n'
HANDLER = "from taskmill import event_handler\n\n@event_handler(dict)\ndef handle(event): ...\n"
BROKEN = "from taskmill import task\n\n@task(\n"
SCRIPT = "raise SystemExit('this must not run')\n"
ANOTHER_TASK = "from invoke import task\n\n@task\ndef build(c): ...\n"


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("orders.py", TASKS, ["orders"]),
        ("orders.py", AS_ATTRIBUTE, ["orders"]),
        ("orders.py", HANDLER, ["orders"]),
        ("orders.py", BROKEN, ["orders"]),  # so that its error is told
        ("shop/orders.py", TASKS, ["shop.orders"]),
        ("shop/__init__.py", TASKS, ["shop"]),
        ("script.py", SCRIPT, []),
        ("build.py", ANOTHER_TASK, []),
        ("conftest.py", TASKS, []),
        ("test_orders.py", TASKS, []),
        ("tests/orders.py", TASKS, []),
        (".venv/lib/orders.py", TASKS, []),
        ("cdk.out/asset.1/orders.py", TASKS, []),
    ],
)
def test_modules_that_declare_tasks_are_found(
    tmp_path: Path, name: str, source: str, found: list[str]
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(source)

    assert find_modules(tmp_path) == found


def test_a_folder_that_is_not_there_is_named_as_it_was_typed() -> None:
    with pytest.raises(NoTaskFolder, match="folder is 'taks': there is no folder /"):
        checked_folder("taks")
