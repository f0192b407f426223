"""Task types that a test imports and that no other test of its process must meet."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from taskmill.functions.known_functions import FUNCTIONS, PLACES


@contextmanager
def types_forgotten() -> Iterator[None]:
    """Forget the task types, and the modules of their functions, that are new after the block."""
    known = set(FUNCTIONS)
    try:
        yield
    finally:
        for task_type in FUNCTIONS.keys() - known:
            function = FUNCTIONS.pop(task_type)
            PLACES.pop(task_type, None)
            sys.modules.pop(function.function.__module__, None)
