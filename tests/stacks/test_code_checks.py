"""What a synthesis says about task modules: it reads their source, and imports nothing."""

import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Annotations, Match

from taskmill_cdk import TaskSource, TaskSourceError, TaskStack, WorkerPool
from taskmill_cdk.code_checks import CodeError, declared_in, missing_imports, reachable

BUILD = Path(__file__).resolve().parents[2] / ".build"
TASK = "from taskmill import task\n\n\n"


def project(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        file = folder / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.parent != folder:
            (file.parent / "__init__.py").touch()
        file.write_text(text)
    return folder


def files(folder: Path) -> dict[str, Path]:
    return {each.relative_to(folder).as_posix(): each for each in folder.rglob("*.py")}


def names(folder: Path, *roots: str) -> list[str]:
    return [each.name for each in reachable(roots, files(folder))]


def types(folder: Path, *roots: str) -> dict[str, str]:
    return declared_in(reachable(roots, files(folder))).types


def stack(folder: Path, **props: Any) -> TaskStack:
    source = TaskSource(folder=folder, modules=["shop"])
    # The local cloud runs this Python, so that no syntax is newer than what reads it.
    return TaskStack(App(), "Shop", tasks=source, local=True, build_folder=BUILD, **props)


def warnings(found: TaskStack) -> list[str]:
    entries = Annotations.from_stack(found).find_warning("*", Match.any_value())
    return [str(each.entry.data) for each in entries if "taskmill:" in str(each.entry.data)]


def test_modules_are_found_by_what_they_import(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        shop="from orders import pay\nimport tools.prices as p\ndef later():\n    import late",
        orders__pay="from . import cards\nfrom ..nowhere import x",
        orders__cards="from orders.pay import y",
        tools__prices="",
        late="",
        unused="",
    )

    found = names(folder, "shop")

    assert sorted(found) == [
        *("late", "orders", "orders.cards", "orders.pay", "shop", "tools", "tools.prices"),
    ]


def test_a_syntax_error_is_told_with_file_and_line(tmp_path: Path) -> None:
    folder = project(tmp_path, shop="import orders__pay", orders__pay="x = 1\ndef greet(name)\n")
    project(tmp_path, shop="import orders.pay")

    with pytest.raises(TaskSourceError, match=r"orders/pay.py, line 2: expected ':'"):
        stack(folder)


def test_what_is_no_text_is_told_with_its_file(tmp_path: Path) -> None:
    folder = project(tmp_path, shop="x = 1\n")
    (folder / "shop.py").write_bytes(b"x = '\xff'\n")

    with pytest.raises(TaskSourceError, match=r"shop\.py"):
        stack(folder)


def test_a_broken_file_that_nobody_imports_stops_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path, shop="", template="def {{ name }}(:\n")

    assert warnings(stack(folder)) == []


def test_syntax_that_may_be_newer_than_this_python_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path, shop="def greet(name)\n")
    monkeypatch.setattr(sys, "version_info", (3, 12, 0))
    source = TaskSource(folder=folder, modules=["shop"])

    found = TaskStack(App(), "Shop", tasks=source, build_folder=BUILD)  # for AWS: Python 3.13

    [warning] = warnings(found)
    assert "shop.py, line 1" in warning
    assert "says Python 3.12" in warning


def test_a_type_that_two_modules_declare_is_refused_with_both_places(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        shop=f"import more\n{TASK}@task('greet')\ndef greet(name: str): ...\n",
        more=f"{TASK}\n@task('greet')\ndef hello(name: str): ...\n",
    )

    with pytest.raises(
        TaskSourceError, match=r"'greet' is declared twice: shop.py:5 and more.py:5"
    ):
        stack(folder)


def test_one_of_several_conditions_declares_it(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        shop=f"{TASK}try:\n    import fast\n    @task('a')\n    def f(x): ...\n"
        "except ImportError:\n    @task('a')\n    def f(x): ...\n",
    )

    assert stack(folder).task_types == {"a"}


@pytest.mark.parametrize(
    "source",
    [
        "from taskmill import task\n@task('a')\ndef f(x): ...",
        "from taskmill import task as job\n@job('a', timeout_seconds=5)\nasync def f(x): ...",
        "import taskmill\n@taskmill.task('a')\ndef f(x): ...",
        "import taskmill as t\n@t.task(type='a')\ndef f(x): ...",
        "from taskmill import task\ndef f(x): ...\nf = task('a')(f)",
        "from taskmill import task\nclass C:\n    @staticmethod\n    @task('a')\n    def f(x): ...",
    ],
)
def test_the_types_are_known(tmp_path: Path, source: str) -> None:
    assert stack(project(tmp_path, shop=source)).task_types == {"a"}


@pytest.mark.parametrize(
    "source",
    [
        "from taskmill import task\nNAME = 'a'\n@task(NAME)\ndef f(x): ...",
        "from taskmill import task\nfor n in 'ab':\n    task(f'{n}')(print)",
        "from taskmill import *\n",
        "from taskmill import event_handler\n",
    ],
)
def test_types_that_are_computed_are_not(tmp_path: Path, source: str) -> None:
    assert stack(project(tmp_path, shop=source)).task_types is None


def test_another_decorator_of_that_name_is_none(tmp_path: Path) -> None:
    folder = project(tmp_path, shop="from celery import task\n@task('a')\ndef f(x): ...")

    assert types(folder, "shop") == {}


def test_a_callback_that_nobody_declares_is_a_warning(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        shop=f"{TASK}@task('pay', on_success=['ship', 'shipp'], on_failure='refund')\n"
        "def pay(x): ...\n@task('ship')\ndef ship(x): ...\n@task('refund')\ndef refund(x): ...",
    )

    [warning] = warnings(stack(folder))

    assert "shop.py:4: a callback names the task type 'shipp'" in warning
    assert "did you mean 'ship'?" in warning


def test_a_pool_that_the_stack_does_not_have_is_a_warning(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        shop=f"{TASK}@task('a', pool='larg')\ndef a(x): ...\n"
        "@task('b', pool='large')\ndef b(x): ...\n@task('c', pool='container')\ndef c(x): ...",
    )

    [warning] = warnings(stack(folder, pools=[WorkerPool("large")]))

    assert "there is no worker pool 'larg', so its tasks are refused" in warning
    assert "did you mean 'large'?" in warning


def test_a_package_that_nothing_provides_is_a_warning(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        shop="""
import json, boto3, pydantic, ulid, taskmill, humanize.time
from ours import x
from . import sibling
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import mypy
try:
    import orjson
except ImportError:
    orjson = None
def later():
    import pandas
""",
        ours="import humanize\n",
        sibling="",
    )

    [warning] = warnings(stack(folder))

    assert "shop.py:2 imports humanize" in warning
    assert "requirements.txt" in warning


def test_packages_of_the_layer_are_found_in_all_their_forms(tmp_path: Path) -> None:
    folder = project(tmp_path / "tasks", shop="import one, two, three, four, five\n")
    layer = tmp_path / "layer"
    (layer / "one").mkdir(parents=True)
    for name in ("two.py", "three.cpython-313-aarch64-linux-gnu.so"):
        (layer / name).touch()
    modules = reachable(["shop"], files(folder))

    missing = missing_imports(modules, folder=["shop.py", "four/__init__.py"], layer=layer)

    assert list(missing) == [("five", "shop.py:1")]


def test_modules_of_pools_are_read_too(tmp_path: Path) -> None:
    folder = project(tmp_path, shop="", big="def f(:\n")

    with pytest.raises(TaskSourceError, match=r"big\.py, line 1"):
        stack(folder, pools=[WorkerPool("large", modules=["big"])])


@pytest.mark.parametrize(("limit", "is_swept"), [(", concurrency=2", True), ("", False)])
def test_a_stack_with_a_limit_of_concurrency_is_swept(
    tmp_path: Path, limit: str, *, is_swept: bool
) -> None:
    """A message that is lost would hold its slots for good."""
    source = f"{TASK}@task('greet'{limit})\ndef greet(name: str): ...\n"

    found = stack(project(tmp_path, shop=source))

    assert (found.sweep is not None) is is_swept


def test_a_stack_without_tasks_knows_no_types() -> None:
    assert TaskStack(App(), "Shop", build_folder=BUILD).task_types is None


def test_declared_twice_in_one_module_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path, shop=f"{TASK}@task('a')\ndef f(x): ...\n@task('a')\ndef g(x): ...\n")

    with pytest.raises(CodeError, match=r"shop.py:4 and shop.py:6"):
        types(folder, "shop")
