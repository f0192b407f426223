from pathlib import Path

import pytest

from taskmill_cdk import TaskSource
from taskmill_cdk.function_code import find_runtime, stage_function_code


@pytest.fixture
def source(tmp_path: Path) -> TaskSource:
    folder = tmp_path / "tasks"
    for file in ("orders.py", "shop/__init__.py", "shop/data.json", "requirements.txt"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("{}")
    for leftover in ("__pycache__/orders.pyc", ".venv/lib.py", "shop/.DS_Store"):
        (folder / leftover).parent.mkdir(parents=True, exist_ok=True)
        (folder / leftover).touch()
    return TaskSource(folder=folder, modules=["orders"])


def staged_files(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_the_user_s_files_are_at_the_top_beside_the_runtime(
    source: TaskSource, tmp_path: Path
) -> None:
    files = staged_files(stage_function_code(source, tmp_path / "build"))

    users = {file for file in files if not file.startswith("taskmill/")}
    assert users == {"orders.py", "shop/__init__.py", "shop/data.json"}
    assert "taskmill/__init__.py" in files


def test_only_what_functions_import_is_deployed(tmp_path: Path) -> None:
    staged = stage_function_code(None, tmp_path)

    top = {path.name.removesuffix(".py") for path in (staged / "taskmill").iterdir()}
    assert "handlers" in top
    assert top.isdisjoint({"cli", "client", "console", "dev", "testing", "__pycache__"})


def test_the_same_files_give_the_same_folder(source: TaskSource, tmp_path: Path) -> None:
    first = stage_function_code(source, tmp_path / "here")
    second = stage_function_code(source, tmp_path / "there")

    assert first.name == second.name


def test_a_changed_file_gives_another_folder(source: TaskSource, tmp_path: Path) -> None:
    before = stage_function_code(source, tmp_path / "build")
    (source.path / "orders.py").write_text("# changed")
    after = stage_function_code(source, tmp_path / "build")

    assert before != after
    assert (after / "orders.py").read_text() == "# changed"


def test_a_renamed_file_gives_another_folder(source: TaskSource, tmp_path: Path) -> None:
    before = stage_function_code(source, tmp_path / "build")
    (source.path / "orders.py").rename(source.path / "sales.py")

    assert stage_function_code(source, tmp_path / "build") != before


def test_what_is_staged_stays_out_of_version_control(tmp_path: Path) -> None:
    stage_function_code(None, tmp_path / "build")

    assert (tmp_path / "build" / ".gitignore").read_text() == "*\n"


def test_the_runtime_is_found_without_importing_it() -> None:
    assert (find_runtime() / "handlers").is_dir()
