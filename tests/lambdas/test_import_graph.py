"""No module of taskmill imports another that, by whatever way, imports it again.

Imports inside functions count, those for type checkers only do not. `from package import name`
counts as an import of the package itself too, since its `__init__` has to hand the name on.
"""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import taskmill
import taskmill_cdk
import taskmill_local

Graph = Mapping[str, frozenset[str]]


@pytest.mark.parametrize("package", [taskmill, taskmill_cdk, taskmill_local])
def test_no_modules_import_each_other_in_a_circle(package: object) -> None:
    graph = graph_of(Path(str(package.__file__)).parent)

    assert any(graph.values())
    assert circle_in(graph) == []


def test_an_import_within_a_function_closes_a_circle(tmp_path: Path) -> None:
    write(tmp_path / "demo" / "__init__.py", "")
    write(tmp_path / "demo" / "one.py", "from demo.two import two\n")
    write(tmp_path / "demo" / "two.py", "def two():\n    from demo.one import one\n    one()\n")

    assert set(circle_in(graph_of(tmp_path / "demo"))) == {"demo.one", "demo.two"}


def test_a_module_that_a_package_hands_on_may_not_import_the_package(tmp_path: Path) -> None:
    write(tmp_path / "demo" / "__init__.py", "from demo.one import one\n")
    write(tmp_path / "demo" / "one.py", "from demo import two\n")
    write(tmp_path / "demo" / "two.py", "")

    assert set(circle_in(graph_of(tmp_path / "demo"))) == {"demo", "demo.one"}


def test_an_import_for_type_checkers_closes_none(tmp_path: Path) -> None:
    write(tmp_path / "demo" / "__init__.py", "")
    write(tmp_path / "demo" / "one.py", "from demo.two import two\n")
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from demo.one import one\n"
    write(tmp_path / "demo" / "two.py", typed)

    assert circle_in(graph_of(tmp_path / "demo")) == []


def test_only_the_public_names_stand_beside_the_packages() -> None:
    folder = Path(taskmill.__file__).parent
    thin = {
        *("callback_models", "errors", "events", "keys", "models"),
        *("retry", "schedule_models", "statuses"),
    }

    assert {each.stem for each in folder.glob("*.py")} == {"__init__", *thin}
    for name in thin:
        code = ast.parse((folder / f"{name}.py").read_text()).body
        assert all(isinstance(each, ast.Expr | ast.ImportFrom | ast.Assign) for each in code)


def graph_of(folder: Path) -> Graph:
    """Which modules each module of a package imports from the same package."""
    files = {name_of(file, folder): file for file in folder.rglob("*.py")}
    imported = {name: set(imports(ast.parse(file.read_text()))) for name, file in files.items()}
    return {name: frozenset(found & files.keys() - {name}) for name, found in imported.items()}


def name_of(file: Path, folder: Path) -> str:
    parts = file.relative_to(folder.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield str(node.module)
        yield from (f"{node.module}.{each.name}" for each in node.names)
    for child in ast.iter_child_nodes(node):
        yield from imports(child)


def circle_in(graph: Graph) -> list[str]:
    """The modules of one circle; none: there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def write(file: Path, code: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(code)
