"""Imports the modules that hold task functions."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import suppress

from taskmill.functions.forks import OnlyInThisProcess
from taskmill.functions.known_functions import declared
from taskmill.functions.user_code import noting_ctrl_c, passes
from taskmill.model.per_process import ProcessLock


class TaskModules:
    """The task modules of a process; a module that cannot be imported stops no other.

    Attributes:
        tried: Whether each module was imported, or tried, once.
        none_loaded: Whether there are modules, and none of them could be imported.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.tried = self.none_loaded = False
        self._all = tuple(names)
        self._missing = tuple(names)  # not imported yet, or in vain
        self._lock = ProcessLock()  # reentrant: a module may submit a task while it is imported

    @property
    def some_failed(self) -> bool:
        """Whether a module could not be imported so far."""
        return self.tried and bool(self._missing)

    def load(self) -> BaseException | None:
        """Import the modules that are missing; if another thread is importing them, wait for it.

        Returns:
            What the first that failed raised; a note in its traceback names the module.
        """
        if self.tried and not self._missing:
            return None
        with self._lock, noting_ctrl_c():
            failures = {name: _failure(name) for name in self._missing}
            self._missing = tuple(name for name, error in failures.items() if error)
            self.none_loaded = bool(self._missing) and len(self._missing) == len(self._all)
            self.tried = True
        return next((error for error in failures.values() if error), None)


def _failure(module: str) -> BaseException | None:
    """Import a module. Returns what that raised: any error of user code, `SystemExit` included."""
    try:
        with OnlyInThisProcess():
            importlib.import_module(module)
    except BaseException as error:
        if passes(error):
            raise
        _unregister(module)
        note = f"while importing the task module {module!r}"
        if note not in getattr(error, "__notes__", ()):
            with suppress(Exception):  # some errors (frozen ones) refuse new attributes
                error.add_note(note)
        return error
    return None


def _unregister(module: str) -> None:
    """Forget the types that a module defined before it failed: it is not there as a whole."""
    functions = declared().functions
    for task_type, function in tuple(functions.items()):
        if getattr(function.function, "__module__", None) == module:
            del functions[task_type]
