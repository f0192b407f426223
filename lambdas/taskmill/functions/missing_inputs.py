"""What a caller is told who leaves out the input of a task function that takes one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from taskmill.model.errors import InvalidInput, MissingInput
from taskmill.model.left_out import LEFT_OUT


@contextmanager
def missing_input_told(task_type: str, argument: inspect.Parameter, given: Any) -> Iterator[None]:
    """If nothing was given and null does not do, say what the function takes.

    Raises:
        MissingInput: In place of the `InvalidInput` that null gets.
    """
    try:
        yield
    except InvalidInput as refused:
        if given is not LEFT_OUT:
            raise
        hint = argument.annotation
        takes = "" if hint is inspect.Parameter.empty else f" ({_in_words(hint)})"
        message = f"{task_type} takes an input{takes}; none was given"
        raise MissingInput(message, **refused.details) from None


def _in_words(hint: Any) -> str:
    if isinstance(hint, str):
        return hint
    return hint.__name__ if isinstance(hint, type) else inspect.formatannotation(hint)
