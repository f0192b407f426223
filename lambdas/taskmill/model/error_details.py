"""Exceptions as rows store them: type, message and stack, truncated."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from taskmill.model.wait_errors import TaskFailed

MESSAGE_LIMIT = 1_000  # characters kept of an error's message
STACK_LIMIT = 2_000  # characters kept of its stack: the end, with the newest frames
STACK_MESSAGE_LIMIT = 500  # characters of the message within the stack
_TASKMILL = str(Path(__file__).parents[1])


def describe_error(error: BaseException) -> dict[str, Any]:
    """`{type, message, stack}` of an exception; the message is never empty.

    For a `TaskFailed` also `cause`, `{key, type, message}` of the task that failed first.
    """
    message = _message(error)
    described: dict[str, Any] = {
        "type": type(error).__name__,
        "message": message[:MESSAGE_LIMIT],
        "stack": _stack(error, message)[-STACK_LIMIT:],
    }
    return described | ({"cause": dict(error.cause)} if isinstance(error, TaskFailed) else {})


def final_error(standing: object, reason: BaseException) -> dict[str, Any]:
    """The error of a task that ends for a reason outside its code: a lost worker, a lost message.

    Args:
        standing: The error in the row, of the last attempt that raised one; it stays, and the
            reason is put beside it as `final`: `{type, message}`. None: the reason is the error.
    """
    if not isinstance(standing, Mapping) or "type" not in standing:
        return describe_error(reason)
    return {**standing, "final": {"type": type(reason).__name__, "message": _message(reason)}}


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
    text = _utf8("".join(traceback.format_exception(type(error), error, trace)))
    text = text.replace(message, message[:STACK_MESSAGE_LIMIT])
    return "\n".join(line for line in text.splitlines() if line.strip(" ^~"))


def _utf8(text: str) -> str:
    """Replace lone surrogates (as in a file name) by escapes."""
    return text.encode(errors="backslashreplace").decode()
