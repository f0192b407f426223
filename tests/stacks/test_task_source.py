from pathlib import Path

import pytest

from taskmill_cdk import TaskSource, TaskSourceError


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaskSourceError, match=r"the tasks folder .*nowhere does not exist"):
        TaskSource(folder=tmp_path / "nowhere", modules=[])


def test_a_missing_module_is_named_beside_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "orders.py").touch()

    with pytest.raises(TaskSourceError, match=r"no module 'oders' in .*; it holds orders"):
        TaskSource(folder=tmp_path, modules=["oders"])


@pytest.mark.parametrize("module", ["orders", "shop", "shop.orders"])
def test_modules_packages_and_their_parts_are_found(tmp_path: Path, module: str) -> None:
    (tmp_path / "shop").mkdir()
    for file in ("orders.py", "shop/__init__.py", "shop/orders.py"):
        (tmp_path / file).touch()

    assert TaskSource(folder=str(tmp_path), modules=[module]).modules == [module]


def test_a_tasks_folder_must_not_hide_the_runtime(tmp_path: Path) -> None:
    (tmp_path / "taskmill").mkdir()

    with pytest.raises(TaskSourceError, match="would hide the runtime"):
        TaskSource(folder=tmp_path, modules=[])


@pytest.mark.parametrize("factory", ["orders", "orders.Factory", "orders:", "orders:not a name"])
def test_a_factory_is_a_module_and_a_class(tmp_path: Path, factory: str) -> None:
    (tmp_path / "orders.py").touch()

    with pytest.raises(TaskSourceError, match="not of the form module:Class"):
        TaskSource(folder=tmp_path, modules=["orders"], factory=factory)


def test_the_factory_s_module_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(TaskSourceError, match="no module 'orders'"):
        TaskSource(folder=tmp_path, modules=[], factory="orders:Factory")
