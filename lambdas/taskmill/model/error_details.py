"""Exceptions as rows store them: type, message and stack, truncated."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from taskmill.model.wait_errors import TaskFailed

MESSAGE_LIMIT = 1_000  # characters kept of an error's message
TYPE_LIMIT = 200  # characters kept of the name of its type, which code may make up
STACK_LIMIT = 2_000  # characters kept of its stack: the end, with the newest frames
STACK_MESSAGE_LIMIT = 500  # characters of the message within the stack
_TASKMILL = str(Path(__file__).parents[1])


def describe_error(error: BaseException) -> dict[str, Any]:
    """`{type, message, stack}` of an exception; the message is never empty.

    For a `TaskFailed` also `cause`, `{key, type, message}` of the task that failed first.
    """
    message = _message(error)
    described: dict[str, Any] = {
        "type": _utf8(type(error).__name__)[:TYPE_LIMIT],
        "message": message[:MESSAGE_LIMIT],
        "stack": _stack(error, message)[-STACK_LIMIT:],
    }
    return described | ({"cause": dict(error.cause)} if isinstance(error, TaskFailed) else {})


def _message(error: BaseException) -> str:
    """The exception's text, encodable as UTF-8; its type's name if `__str__` raises."""
    try:
        return _utf8(str(error) or repr(error))
    except Exception:  # noqa: BLE001  # `__str__` may be user code
        return type(error).__name__


def _stack(error: BaseException, message: str) -> str:
    """The traceback, starting at the first frame outside taskmill, without caret lines.

    Taskmill's own frames are the same for every task function, and every write of a row is billed
    by the row's size. A long message is truncated, to leave room for the frames.
    """
    trace = error.__traceback__
    while trace and trace.tb_next and trace.tb_frame.f_code.co_filename.startswith(_TASKMILL):
        trace = trace.tb_next
    try:
        text = _utf8("".join(traceback.format_exception(type(error), error, trace)))
    except Exception:  # noqa: BLE001  # user code may have put anything into its attributes
        text = _utf8("".join(traceback.format_tb(trace))) + message
    text = text.replace(message, message[:STACK_MESSAGE_LIMIT])
    return "\n".join(line for line in text.splitlines() if line.strip(" ^~"))


def _utf8(text: str) -> str:
    """Replace lone surrogates (as in a file name) by escapes."""
    return text.encode(errors="backslashreplace").decode()
