"""Refuses payloads that do not fit the memory of the Lambda function that is to read them.

Without this, Lambda kills the process, which costs every task in it an attempt and gives no reason.
"""

from __future__ import annotations

from taskmill.model.errors import PayloadTooLarge

_RUNTIME_BYTES = 128 << 20  # Python with boto3 and pydantic; measured, rounded up
# What Python makes of JSON, in bytes: `sys.getsizeof` of a small dict, a short list, an item of a
# container with its reference, and the half of a short text that is not its characters.
_OBJECT, _ARRAY, _ITEM, _QUOTE = 192, 72, 36, 20


def check_size(ref: str, size: int, memory_bytes: int | None) -> None:
    """Refuse a payload before it is read: its bytes and its text alone are too large.

    Args:
        memory_bytes: Of the function; None: this is no Lambda function, and has no such limit.

    Raises:
        PayloadTooLarge: It does not fit.
    """
    _check(ref, size, 2 * size, memory_bytes)


def check_parsed(ref: str, body: bytes, memory_bytes: int | None) -> None:
    """Refuse a payload that was read, but whose parsed value is too large. Raises as `check_size`.

    The estimate is about twice of what rows of numbers and short texts take.
    """
    if memory_bytes is None or len(body) < memory_bytes // 256:
        return
    # Bytes, text and the texts in it; one character beyond ASCII makes a text twice as large.
    texts = len(body) * (3 if body.isascii() else 6)
    objects = body.count(b"{") * _OBJECT + body.count(b"[") * _ARRAY
    items = body.count(b",") * _ITEM + body.count(b'"') * _QUOTE
    _check(ref, len(body), texts + objects + items, memory_bytes)


def _check(ref: str, size: int, needed: int, memory_bytes: int | None) -> None:
    if memory_bytes is None:
        return
    usable = max(memory_bytes - _RUNTIME_BYTES, memory_bytes // 4)
    if needed > usable:
        raise PayloadTooLarge(
            f"the payload {ref} of {size:,} bytes needs some {needed >> 20:,} MB of memory to be"
            f" read; this function of {memory_bytes >> 20:,} MB has {usable >> 20:,} MB for it",
            actual=needed,
            limit=usable,
        )
