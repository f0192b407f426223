"""Task modules that are imported anew: what they declare now replaces what they declared before."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskmill.dev.registry import DevRegistry
from taskmill.dev.reloading import Reloader
from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.registry import registered_handlers
from taskmill.model.errors import UnknownPool

ONE = (
    "import reload_helper\nfrom taskmill import task\n\n"
    "@task('reload-one')\ndef one(x: int) -> int:\n"
)
HANDLER = (
    "from taskmill import event_handler\n\nclass Event: ...\n\n"
    "@event_handler(Event)\ndef handle(event): ...\n"
)


@pytest.fixture
def reloader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reloader]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = dict(FUNCTIONS)
    save(
        tmp_path,
        reload_one=f"{ONE}    return x * reload_helper.FACTOR\n",
        reload_helper="FACTOR = 2\n",
    )
    yield Reloader(tmp_path, (), DevRegistry())
    for task_type in set(FUNCTIONS) - set(before):
        del FUNCTIONS[task_type]
    for name in [each for each in sys.modules if each.startswith("reload_")]:
        del sys.modules[name]


def save(folder: Path, **modules: str) -> list[str]:
    """Write modules; the paths of their files."""
    files = {folder / f"{name}.py": text for name, text in modules.items()}
    for file, text in files.items():
        file.write_text(text)
    return [str(file) for file in files]


def test_a_module_that_is_only_imported_by_others_is_new_as_well(reloader: Reloader) -> None:
    assert reloader.load() == {}
    assert FUNCTIONS["reload-one"](3) == 6

    changed = save(reloader.folder, reload_helper="FACTOR = 5\n")  # of the same size and second
    assert reloader.load(changed) == {}
    assert FUNCTIONS["reload-one"](3) == 15


def test_types_and_handlers_that_are_gone_are_forgotten(reloader: Reloader) -> None:
    save(reloader.folder, reload_two=f"{ONE.replace('one', 'two')}    return x\n{HANDLER}")
    before = registered_handlers()
    reloader.load()
    assert {"reload-one", "reload-two"} <= set(FUNCTIONS)
    assert len(registered_handlers()) == len(before) + 1
    reloader.load()
    assert len(registered_handlers()) == len(before) + 1

    (reloader.folder / "reload_two.py").unlink()
    reloader.load()
    assert "reload-two" not in FUNCTIONS
    assert registered_handlers() == before


def test_a_type_may_move_to_another_module(reloader: Reloader) -> None:
    reloader.load()
    save(reloader.folder, reload_one="", reload_two=f"{ONE}    return -x\n")

    assert reloader.load() == {}
    assert FUNCTIONS["reload-one"](3) == -3


def test_an_error_leaves_everything_as_it_was(reloader: Reloader) -> None:
    reloader.load()
    old, module, handlers = (
        FUNCTIONS["reload-one"],
        sys.modules["reload_one"],
        registered_handlers(),
    )
    save(
        reloader.folder,
        reload_one=f"{ONE}    return 0\n",
        reload_two=f"{HANDLER}\n{ONE.replace('one', 'two')}    return x\n\nraise OSError('no')\n",
    )

    failures = reloader.load()

    assert list(failures) == ["reload_two"]
    assert FUNCTIONS["reload-one"] is old
    assert "reload-two" not in FUNCTIONS
    assert sys.modules["reload_one"] is module
    assert registered_handlers() == handlers


def test_a_type_that_two_modules_define_is_an_error(reloader: Reloader) -> None:
    reloader.load()
    save(reloader.folder, reload_two=f"{ONE}    return x\n")

    assert "reload-one" in str(reloader.load()["reload_two"])


def test_what_is_broken_from_the_start_hinders_nothing_else(reloader: Reloader) -> None:
    save(reloader.folder, reload_two=f"{ONE.replace('one', 'two')}    return (\n")
    assert list(reloader.load()) == ["reload_two"]
    assert reloader.registry.check_input("reload-one", 1) is None
    with pytest.raises(SyntaxError):
        reloader.registry.check_input("reload-two", 1)

    save(reloader.folder, reload_one=f"{ONE}    return 7\n")
    assert list(reloader.load()) == ["reload_two"]
    assert FUNCTIONS["reload-one"](1) == 7

    save(reloader.folder, reload_two=f"{ONE.replace('one', 'two')}    return x\n")
    assert reloader.load() == {}
    assert reloader.registry.check_input("reload-two", 1) is None


def test_pools_are_those_that_the_functions_name(reloader: Reloader) -> None:
    pooled = ONE.replace("'reload-one'", "'reload-one', pool='large'")
    save(reloader.folder, reload_one=f"{pooled}    return x\n")
    reloader.load()

    assert reloader.registry.settings_of_new("reload-one").pool == "large"
    with pytest.raises(UnknownPool):
        DevRegistry().settings_of_new("reload-one")
