"""Where a task function was declared, and whether two declarations are of the same one."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function was declared as a task.

    Attributes:
        code: Of the function.
        run: The code of its module, if it was declared while that was imported: another object
            for each import.
    """

    module: str
    name: str
    code: CodeType
    run: CodeType | None

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Place:
        """The place of a function that is being declared."""
        inner: Any = inspect.unwrap(function)
        inner = getattr(inner, "__func__", inner)
        code, names = inner.__code__, inner.__globals__
        module = getattr(inner, "__module__", None) or "?"
        return cls(module, inner.__qualname__, code, _run_of(names))

    def is_again(self, other: Place) -> bool:
        """Whether `other` declares the same function again.

        That is so if its module was imported again: reloaded, under a second name (`__main__`,
        or as pytest imports it), or typed anew into a notebook.
        """
        if self.code is other.code:
            return True
        if self.name != other.name or (self.run is not None and self.run is other.run):
            return False
        if _is_typed_in(self) and _is_typed_in(other):
            return self.module == other.module
        if os.path.realpath(self.code.co_filename) != os.path.realpath(other.code.co_filename):
            return False
        # Lambdas of one function share their name: those of other lines are others.
        imported = self.run is not None or other.run is not None
        return imported or self.code.co_firstlineno == other.code.co_firstlineno

    def __str__(self) -> str:
        return f"{self.module}.{self.name} ({self.code.co_filename}:{self.code.co_firstlineno})"


def _run_of(names: dict[str, Any]) -> CodeType | None:
    frame = sys._getframe()  # noqa: SLF001  # `inspect.stack` reads the source of every frame
    while frame is not None:
        if frame.f_globals is names and frame.f_code.co_name == "<module>":
            return frame.f_code
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _is_typed_in(place: Place) -> bool:
    """Whether it has no file: it was typed into a shell, or a cell of a notebook."""
    file = place.code.co_filename
    return file.startswith("<") or "ipykernel" in file
