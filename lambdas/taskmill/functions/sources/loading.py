"""Imports task modules at once, and says clearly what is wrong with one that cannot be imported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from taskmill.functions.sources.errors import CannotLoadTasks
from taskmill.functions.task_modules import TaskModules
from taskmill.functions.user_code import described, passes


def load_all(modules: Sequence[str], folder: Path | None, *, advice: str) -> None:
    """Import task modules; all that can be, also if one fails.

    Args:
        folder: Where they are looked for first; None: on `sys.path` only.
        advice: What to do about a module that is not found.

    Raises:
        CannotLoadTasks: One cannot be imported; the first of them is named.
    """
    failure = TaskModules(modules).load()
    if failure is None:
        return
    if passes(failure):
        raise failure
    raise CannotLoadTasks(_message(failure, modules, folder, advice)) from failure


def place_of(error: BaseException) -> str | None:
    """File and line in which importing a module failed, as "tasks/greetings.py:4"."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}:{error.lineno or 1}"
    found: str | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith("<") and not _is_ours(file):
            found = f"{_short(file)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def failed_module(error: BaseException, modules: Sequence[str]) -> str | None:
    """The task module that raised an error while it was imported, by the note it left."""
    notes = getattr(error, "__notes__", ())
    return next((name for name in modules if any(repr(name) in each for each in notes)), None)


def _message(error: BaseException, modules: Sequence[str], folder: Path | None, advice: str) -> str:
    module = failed_module(error, modules) or ", ".join(modules)
    told = f"cannot import the task module {module!r}: {described(error)}"
    missing = isinstance(error, ModuleNotFoundError) and _is_of(error.name, module)
    if not missing:
        place = place_of(error)
        return f"{told} ({place})" if place else told
    looked = f"in {folder} and on sys.path" if folder else "on sys.path"
    return f"{told}. It was looked for {looked}. {advice}"


def _is_of(missing: str | None, module: str) -> bool:
    """Whether a name that was not found is that of the module itself, or of its package."""
    return missing is not None and f"{module}.".startswith(f"{missing}.")


_PACKAGE = str(Path(__file__).parents[2])


def _is_ours(file: str) -> bool:
    return file.startswith(_PACKAGE) or "importlib" in Path(file).parts


def _short(file: str) -> str:
    """A path relative to the working folder, if it is below that."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file
