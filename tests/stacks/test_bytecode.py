"""With ``bytecode`` the assets hold what Lambda's Python would otherwise compile at each start."""

import importlib.util
import json
import marshal
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType

import pytest
from aws_cdk import App, FileSystem
from aws_cdk.assertions import Template

from taskmill_cdk import BytecodeError, TaskSource, TaskStack
from taskmill_cdk.bytecode import THIS_PYTHON
from taskmill_cdk.function_code import stage_function_code
from taskmill_cdk.runtime_layer import (
    AWS,
    HOST,
    RUNTIME_REQUIREMENTS,
    build_compiled_layer,
    build_layer,
)

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]
OTHER_PYTHON = "3.99"
UNCHECKED_HASH = (1).to_bytes(4, "little")  # PEP 552: a hash is in it, and nobody compares it


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> TaskSource:
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "shop").mkdir()
    (folder / "orders.py").write_text(
        "def ship(parcels):\n    assert parcels\n    return lambda: parcels\n"
    )
    (folder / "shop" / "__init__.py").write_text("OPEN = True\n")
    return TaskSource(folder=folder, modules=["orders"])


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One layer, compiled in two places; nothing is installed for the second."""
    installed = build_layer([RUNTIME_REQUIREMENTS], HOST, ROOT / ".build")
    places = [tmp_path_factory.mktemp("layer") / name for name in ("here", "further/away")]
    for place in places:
        shutil.copytree(installed, place / installed.name)
    return [build_compiled_layer([RUNTIME_REQUIREMENTS], HOST, place) for place in places]


@pytest.fixture(scope="module")
def codes(tmp_path_factory: pytest.TempPathFactory, source: TaskSource) -> list[Path]:
    """The same code, staged and compiled in two places."""
    places = [tmp_path_factory.mktemp("code") / name for name in ("here", "further/away")]
    return [stage_function_code(source, place, bytecode_for=THIS_PYTHON) for place in places]


@pytest.fixture(params=["codes", "layers"])
def staged(request: pytest.FixtureRequest) -> list[Path]:
    folders: list[Path] = request.getfixturevalue(request.param)
    return folders


def sources(folder: Path) -> dict[Path, Path]:
    """Every source below a folder, with the file its bytecode belongs in."""
    return {
        file: Path(importlib.util.cache_from_source(str(file), optimization=""))
        for file in folder.rglob("*.py")
    }


def every_code(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from every_code(constant)


def test_every_source_has_bytecode_that_is_used_unasked(staged: list[Path]) -> None:
    files = sources(staged[0])

    assert files
    assert set(files.values()) == set(staged[0].rglob("*.pyc"))
    for source, compiled in files.items():
        header = compiled.read_bytes()[:16]
        assert header[:4] == importlib.util.MAGIC_NUMBER
        assert header[4:8] == UNCHECKED_HASH
        assert header[8:] == importlib.util.source_hash(source.read_bytes())


def test_it_names_sources_where_lambda_has_them(codes: list[Path], layers: list[Path]) -> None:
    for folder, mounted_at in ((codes[0], "/var/task"), (layers[0], "/opt")):
        for source, compiled in sources(folder).items():
            content = compiled.read_bytes()
            code = marshal.loads(content[16:])  # noqa: S302  # our own
            named = {each.co_filename for each in every_code(code)}
            assert named == {f"{mounted_at}/{source.relative_to(folder).as_posix()}"}
            assert str(folder.parent).encode() not in content


def test_python_runs_it_with_its_asserts_and_does_not_look_at_the_source(
    tmp_path: Path, codes: list[Path]
) -> None:
    copy = shutil.copytree(codes[0], tmp_path / "copy")
    (copy / "orders.py").write_text("raise SystemExit('compiled again')\n")

    program = f"import sys; sys.path.insert(0, {str(copy)!r}); import orders; orders.ship([])"
    run = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False
    )

    assert run.stderr.splitlines()[-1] == "AssertionError"


def test_two_syntheses_make_the_same_asset(staged: list[Path]) -> None:
    here, away = staged

    assert here != away
    assert here.name == away.name
    assert FileSystem.fingerprint(str(here)) == FileSystem.fingerprint(str(away))


def test_what_is_staged_without_it_stays_as_it_is(
    tmp_path: Path, source: TaskSource, layers: list[Path]
) -> None:
    plain = stage_function_code(source, tmp_path)
    compiled = stage_function_code(source, tmp_path, bytecode_for=THIS_PYTHON)

    assert plain != compiled
    assert not list(plain.rglob("*.pyc"))
    [plain_layer] = set(layers[0].parent.glob("layer-*")) - {layers[0]}
    assert not list(plain_layer.rglob("*.pyc"))


def test_a_file_that_is_no_python_is_left_to_whoever_imports_it(tmp_path: Path) -> None:
    tasks = tmp_path / "tasks"
    tasks.mkdir()
    (tasks / "orders.py").write_text("SHIPPED = True\n")
    (tasks / "template.py").write_text("class {{ name }}:\n")

    folder = stage_function_code(
        TaskSource(folder=tasks, modules=["orders"]), tmp_path / "build", bytecode_for=THIS_PYTHON
    )

    without = {file.name for file, compiled in sources(folder).items() if not compiled.exists()}
    assert without == {"template.py"}


def test_another_python_than_the_functions_is_refused(tmp_path: Path) -> None:
    told = (
        f"run CPython {OTHER_PYTHON}, .* runs CPython {THIS_PYTHON}.* PYTHON=python{OTHER_PYTHON}"
    )

    with pytest.raises(BytecodeError, match=told):
        stage_function_code(None, tmp_path, bytecode_for=OTHER_PYTHON)
    with pytest.raises(BytecodeError, match=told):
        build_compiled_layer([], replace(HOST, python=OTHER_PYTHON), tmp_path)

    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(AWS.python == THIS_PYTHON, reason="this Python is the functions'")
def test_so_is_a_stack_for_aws_with_it() -> None:
    with pytest.raises(BytecodeError, match=f"run CPython {AWS.python}"):
        TaskStack(App(context=CONTEXT), "Taskmill", bytecode=True, build_folder=ROOT / ".build")


def test_the_functions_of_aws_run_what_is_compiled_for(template: Template) -> None:
    runtimes = {
        function["Properties"]["Runtime"]
        for function in template.find_resources("AWS::Lambda::Function").values()
    }

    assert runtimes == {f"python{AWS.python}"}


@pytest.mark.parametrize("bytecode", [True, False])
def test_a_stack_s_assets_hold_bytecode_if_it_says_so(
    tmp_path: Path, source: TaskSource, *, bytecode: bool
) -> None:
    """For the local cloud, whose functions run the Python of the synthesis."""
    app = App(context=CONTEXT, outdir=str(tmp_path))
    TaskStack(
        app, "Taskmill", tasks=source, local=True, bytecode=bytecode, build_folder=ROOT / ".build"
    )
    app.synth()

    assets = {
        "code": next(tmp_path.glob("asset.*/taskmill")).parent,
        "layer": next(tmp_path.glob("asset.*/python")).parent,
    }
    compiled = {name for name, folder in assets.items() if list(folder.rglob("*.pyc"))}
    assert compiled == ({"code", "layer"} if bytecode else set())
