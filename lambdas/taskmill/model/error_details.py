"""Exceptions as rows store them: type, message and stack, truncated."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from taskmill.model.error_members import members
from taskmill.model.errors import Abort
from taskmill.model.fingerprints import error_text, fingerprint, innermost, own_frames
from taskmill.model.interruptions import Interruption
from taskmill.model.json_text import utf8
from taskmill.model.wait_errors import TaskFailed

MESSAGE_LIMIT = 1_000  # characters kept of an error's message
TYPE_LIMIT = 200  # characters kept of the name of its type, which code may make up
STACK_LIMIT = 2_000  # characters kept of its stack: the end, with the newest frames
STACK_MESSAGE_LIMIT = 500  # characters of the message within the stack
OTHERS = 3  # other errors of a group that a message names, each with so many characters:
OTHER_LIMIT = 120
_TASKMILL = str(Path(__file__).parents[1])


def describe_error(error: BaseException, member: BaseException | None = None) -> dict[str, Any]:
    """`{type, message, stack}` of an exception; the message is never empty.

    For a `TaskFailed` also `cause`, `{key, type, message}` of the task that failed first. And its
    `fingerprint`, which is stored beside the error: see `parted_error`.

    Args:
        member: If `error` is an exception group, the error in it that is described: the one that
            decided about a retry. By default an `Abort`, else the first. The message names the
            others.
    """
    inner = list(members(error))
    if member is None:
        member = next((each for each in inner if isinstance(each, Abort)), inner[0])
    name, message = utf8(type(member).__name__)[:TYPE_LIMIT], _message(member)
    trace = member.__traceback__ or error.__traceback__  # a member may never have been raised
    told = message if len(inner) == 1 else _with_others(message, member, inner)
    described: dict[str, Any] = {
        "type": name,
        "message": told[:MESSAGE_LIMIT],
        "stack": (_stack(member, message, trace) or f"{name}: {message}")[-STACK_LIMIT:],
        "fingerprint": _fingerprint(member, trace),
    }
    return described | (_cause(member) if isinstance(member, TaskFailed) else {})


def parted_error(error: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The error as a row's attributes hold it, and what the row itself says of it.

    Returns:
        The error without its fingerprint; and `errorText` and, if it is known, `fingerprint`. It
        is not for an error that stood in the row before: then the row has it.
    """
    plain = dict(error)
    mark = plain.pop("fingerprint", None)
    return plain, {
        "errorText": error_text(plain),
        **({"fingerprint": mark} if isinstance(mark, str) else {}),
    }


def failed_with(error: BaseException) -> dict[str, Any]:
    """What a new row of a task that has failed holds of its error, by the names of a `TaskRow`."""
    plain, beside = parted_error(describe_error(error))
    mark = beside.get("fingerprint")
    return {
        "attributes": {"error": plain},
        "error_text": beside["errorText"],
        "fingerprint": mark,
    }


def _fingerprint(error: BaseException, trace: TracebackType | None) -> str:
    """Of the innermost cause, or of the task that failed first: one group for one problem."""
    first = innermost(error)
    childs = getattr(first.task, "fingerprint", None) if isinstance(first, TaskFailed) else None
    if isinstance(childs, str):
        return childs
    frames = own_frames(trace if first is error else first.__traceback__)
    return fingerprint(utf8(type(first).__name__)[:TYPE_LIMIT], _message(first), frames)


def _cause(error: TaskFailed) -> dict[str, Any]:
    try:
        return {"cause": dict(error.cause)}
    except Exception:  # noqa: BLE001  # task code made it, of something that is no task
        return {}


def _with_others(message: str, member: BaseException, inner: Sequence[BaseException]) -> str:
    """The message of a member, and in short the other members of its group."""
    others = [each for each in inner if each is not member]
    named = "; ".join(
        f"{type(each).__name__}: {_cut(_message(each), OTHER_LIMIT)}" for each in others[:OTHERS]
    )
    more = f"; {len(others) - OTHERS:,} more" if len(others) > OTHERS else ""
    return f"{_cut(message, MESSAGE_LIMIT // 2)} (also raised: {named}{more})"


def _cut(text: str, limit: int) -> str:
    """A text of up to so many characters; of a longer one, the beginning and an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


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
        return utf8(str(error) or repr(error))
    except BaseException as broken:  # `__str__` is user code: it may raise anything
        if isinstance(broken, Interruption):
            raise
        return type(error).__name__


def _stack(error: BaseException, message: str, trace: TracebackType | None) -> str:
    """The traceback, starting at the first frame outside taskmill, without caret lines.

    Taskmill's own frames are the same for every task function, and every write of a row is billed
    by the row's size. A long message is truncated, to leave room for the frames. Empty if the
    exception cannot be formatted, because user code in it (`__str__`, `__notes__`) raises.
    """
    while trace and trace.tb_next and trace.tb_frame.f_code.co_filename.startswith(_TASKMILL):
        trace = trace.tb_next
    try:
        text = utf8("".join(traceback.format_exception(type(error), error, trace)))
    except BaseException as broken:  # user code may have put anything into its attributes
        if isinstance(broken, Interruption):
            raise
        text = utf8("".join(traceback.format_tb(trace))) + message
    text = text.replace(message, message[:STACK_MESSAGE_LIMIT])
    return "\n".join(line for line in text.splitlines() if line.strip(" ^~"))
