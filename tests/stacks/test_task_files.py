"""Which files of a tasks folder go into the functions."""

import shutil
import subprocess
from pathlib import Path

import pytest
from aws_cdk import App

from taskmill_cdk import TaskSource, TaskSourceError, TaskStack
from taskmill_cdk.function_code import stage_function_code
from taskmill_cdk.task_files import chosen_files


def write(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n")


def chosen(folder: Path, **options: object) -> set[str]:
    return {name for name, _ in chosen_files(folder, **options)}  # type: ignore[arg-type]


def test_what_tools_make_is_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        "shop.py",
        "lib/deep/code.py",
        "data/prices.csv",
        ".env",
        ".git/config",
        ".build/code-1/shop.py",
        "lib/__pycache__/code.cpython-313.pyc",
        "node_modules/left/pad.js",
        "web/node_modules/left/pad.js",
        "cdk.out/asset.1/shop.py",
        "build/lib/shop.py",
        "dist/shop.whl",
        "shop.egg-info/PKG-INFO",
        "env/pyvenv.cfg",
        "env/lib/site.py",
    )

    assert chosen(tmp_path) == {"shop.py", "lib/deep/code.py", "data/prices.csv"}


def test_a_package_may_have_a_name_of_build_tools(tmp_path: Path) -> None:
    write(tmp_path, "build/__init__.py", "build/steps.py", "dist/__init__.py")

    assert chosen(tmp_path) == {"build/__init__.py", "build/steps.py", "dist/__init__.py"}


def git(folder: Path, *arguments: str) -> str:
    command = [shutil.which("git") or "git", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


RULES = """
# made
*.log
/reports/
generated
!keep.log
a b/
docs/*.md
"""
NAMES = (
    "shop.py",
    "x.log",
    "deep/x.log",
    "keep.log",
    "reports/r.csv",
    "deep/reports/r.csv",
    "generated/g.py",
    "deep/generated",
    "a b/c.py",
    "docs/guide.md",
    "docs/deep/guide.md",
    "deep/docs/guide.md",
)


def test_what_git_ignores_is_left_out_as_git_itself_says(tmp_path: Path) -> None:
    repository, folder = tmp_path, tmp_path / "app" / "tasks"
    write(folder, *NAMES, "deep/local.txt", "deep/deeper/local.txt", "local.txt")
    git(repository, "init", "-q")
    (repository / ".gitignore").write_text(RULES)
    (repository / "app" / ".gitignore").write_text("/tasks/docs/deep\n")
    (folder / "deep" / ".gitignore").write_text("/local.txt\n!x.log\n")

    listed = git(folder, "ls-files", "--others", "--exclude-standard", "-z", ".").split("\0")
    by_git = {name for name in listed if name and not name.endswith(".gitignore")}
    assert chosen(folder) == by_git
    assert "deep/x.log" in by_git  # the rules of the folder go before those above
    assert "deep/local.txt" not in by_git


def test_exclude_leaves_out_more_and_brings_back(tmp_path: Path) -> None:
    write(tmp_path, "shop.py", "_version.py", "notes/n.txt", "deep/notes/n.txt", "big.bin")
    (tmp_path / ".gitignore").write_text("_version.py\n")

    found = chosen(tmp_path, exclude=["/notes", "*.bin", "!_version.py"])

    assert found == {"shop.py", "_version.py", "deep/notes/n.txt"}


def test_packages_choose_what_is_deployed(tmp_path: Path) -> None:
    write(tmp_path, "jobs.py", "shop/__init__.py", "shop/deep/x.py", "web/views.py", "manage.py")

    source = TaskSource(folder=tmp_path, modules=["jobs"], packages=["shop"])

    assert chosen(tmp_path, packages=source.chosen) == {
        "jobs.py",
        "shop/__init__.py",
        "shop/deep/x.py",
    }


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"packages": ["shopp"]}, "no 'shopp' in .*; it holds jobs"),
        ({"packages": "shop"}, "packages is 'shop'; give a list"),
        ({"exclude": "*.bin"}, r"exclude is '\*.bin'; give a list"),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    tmp_path: Path, options: dict[str, object], error: str
) -> None:
    write(tmp_path, "jobs.py")

    with pytest.raises(TaskSourceError, match=error):
        TaskSource(folder=tmp_path, **options)  # type: ignore[arg-type]


def test_four_syntheses_give_the_same_code(tmp_path: Path) -> None:
    """Also if the app writes into the folder of the tasks, under whatever name."""
    write(tmp_path, "jobs.py")
    source = TaskSource(folder=tmp_path, modules=["jobs"])
    sizes, names = set(), set()
    for _ in range(4):
        app = App(outdir=str(tmp_path / "synthesised"))
        stack = TaskStack(app, "Shop", tasks=source, build_folder=tmp_path / "staged")
        app.synth()
        names.add(stack._code.name)
        sizes.add(sum(file.stat().st_size for file in stack._code.rglob("*") if file.is_file()))

    assert len(names) == 1
    assert len(sizes) == 1
    assert not (stack._code / "synthesised").exists()
    assert not (stack._code / "staged").exists()


def test_a_file_that_git_ignores_changes_no_asset(tmp_path: Path) -> None:
    folder = tmp_path / "tasks"
    write(folder, "jobs.py")
    (folder / ".gitignore").write_text("*.tmp\n")
    source = TaskSource(folder=folder, modules=["jobs"])
    before = stage_function_code(source, tmp_path / "build")

    write(folder, "scratch.tmp")

    assert stage_function_code(source, tmp_path / "build") == before
