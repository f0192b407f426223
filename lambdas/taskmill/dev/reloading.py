"""Imports the task modules, and imports them anew when a file changes."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import cache_from_source
from pathlib import Path
from types import ModuleType

from taskmill.dev.registry import DevRegistry
from taskmill.functions.known_functions import (
    FUNCTIONS,
    PLACES,
    Declared,
    replace_with,
    staged,
)
from taskmill.functions.registry import drop_handlers, registered_handlers
from taskmill.functions.sources.task_folder import find_modules
from taskmill.functions.task_modules import TaskModules
from taskmill.model.pools import CONTAINER, Pools


@dataclass
class Reloader:
    """The task modules of a folder, as they are imported now.

    An import that fails leaves everything as it was: tasks go on with the old code. Attempts that
    run meanwhile end with the code that they began with.

    Attributes:
        folder: Every module below it is imported anew, whatever imports it.
        modules: The modules with task functions; none: those in the folder that declare tasks.
        failing: The modules that could not be imported so far, with their errors.
    """

    folder: Path
    modules: Sequence[str]
    registry: DevRegistry
    failing: dict[str, BaseException] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self, changed: Iterable[str] = ()) -> Mapping[str, BaseException]:
        """Import all modules.

        Args:
            changed: Paths of files whose compiled form may be out of date.

        Returns:
            By module, the error that kept it from being imported. If it was imported before, the
            old code of all modules is kept.
        """
        with self._lock:
            for path in changed:
                with suppress(OSError, NotImplementedError):
                    Path(cache_from_source(path)).unlink()
            return self._load()

    def _load(self) -> Mapping[str, BaseException]:
        before = self._take_out()
        handlers = registered_handlers()
        importlib.invalidate_caches()
        names = tuple(self.modules) or tuple(find_modules(self.folder))
        with staged() as stage:
            failures = _import(names)
        if set(failures) - set(self.failing) and self._is_loaded:
            self._put_back(before)
            drop_handlers([each for each in registered_handlers() if each not in handlers])
            return failures
        replace_with(stage, _declared_in(before))
        drop_handlers([each for each in handlers if _module_of(each) in before])
        self.failing = dict(failures)
        self.registry.renew(next(iter(failures.values()), None), _pools())
        self._is_loaded = True
        return failures

    _is_loaded = False

    def _take_out(self) -> dict[str, ModuleType]:
        """Remove the modules of the folder from `sys.modules`, and return them."""
        mine = {name: each for name, each in tuple(sys.modules.items()) if self._holds(each)}
        for name in mine:
            del sys.modules[name]
        return mine

    def _put_back(self, modules: Mapping[str, ModuleType]) -> None:
        self._take_out()
        sys.modules.update(modules)

    def _holds(self, module: ModuleType) -> bool:
        file = getattr(module, "__file__", None)
        return bool(file) and Path(file or "").is_relative_to(self.folder)


def _import(names: Sequence[str]) -> dict[str, BaseException]:
    failures = {name: TaskModules([name]).load() for name in names}
    return {name: error for name, error in failures.items() if error is not None}


def _declared_in(modules: Collection[str]) -> Declared:
    """The functions that these modules have declared."""
    functions = {
        task_type: each
        for task_type, each in tuple(FUNCTIONS.items())
        if _module_of(each.function) in modules
    }
    return Declared(functions, {each: PLACES[each] for each in functions if each in PLACES})


def _module_of(function: object) -> str:
    return getattr(function, "__module__", None) or ""


def _pools() -> Pools:
    """Every pool that a task function names: the stack may have it, and here all tasks run."""
    named = [each.settings for each in tuple(FUNCTIONS.values()) if each.settings.pool]
    kinds = {
        str(each.pool): CONTAINER if each.runner == "container" else "lambda" for each in named
    }
    return Pools(kinds.items())
