"""An error as a row stores it: type, message and stack, trimmed."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from taskmill.model.errors import TaskFailed

MESSAGE_LIMIT = 1_000  # characters kept of an error's message
STACK_LIMIT = 2_000  # characters kept of its stack, the newest frames
STACK_MESSAGE_LIMIT = 500  # characters of the message within the stack
_TASKMILL = str(Path(__file__).parents[1])


def describe_error(error: BaseException) -> dict[str, Any]:
    """`{type, message, stack}` as rows store it; never empty, whatever the exception holds.

    The end of another task has its `cause` too: `{key, type, message}`.
    """
    message = _message(error)
    described: dict[str, Any] = {
        "type": type(error).__name__,
        "message": message[:MESSAGE_LIMIT],
        "stack": _stack(error, message)[-STACK_LIMIT:],
    }
    return described | ({"cause": dict(error.cause)} if isinstance(error, TaskFailed) else {})


def _message(error: BaseException) -> str:
    """The error's own words as UTF-8 can hold them, or its type's name when they cannot be had."""
    try:
        return _utf8(str(error) or repr(error))
    except Exception:  # noqa: BLE001  # its `__str__` is task code too
        return type(error).__name__


def _stack(error: BaseException, message: str) -> str:
    """The traceback from the first frame outside taskmill on, without caret lines.

    A row is billed by its size at every write, and the frames that lead up to a task function are
    the same for all of them. A long message is cut here: it would leave no room for the frames.
    """
    trace = error.__traceback__
    while trace and trace.tb_next and trace.tb_frame.f_code.co_filename.startswith(_TASKMILL):
        trace = trace.tb_next
    text = _utf8("".join(traceback.format_exception(type(error), error, trace)))
    text = text.replace(message, message[:STACK_MESSAGE_LIMIT])
    return "\n".join(line for line in text.splitlines() if line.strip(" ^~"))


def _utf8(text: str) -> str:
    """Text with lone surrogates (of a file name, say) written as escapes."""
    return text.encode(errors="backslashreplace").decode()
