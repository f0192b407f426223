"""Codes and names that follow from what they are for: made twice, they are the same."""

from __future__ import annotations

import base64
import hashlib

from taskmill.model.keys import TaskKey

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def derived_code(*parts: object) -> str:
    """A code that follows from its parts: the same ones always give the same, others another."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return base64.b32encode(digest)[:26].decode()


def timed_code(moment: int, *parts: object) -> str:
    """A code that follows from its parts and, as a ULID does, sorts by `moment` (epoch ms)."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    number = moment << 80 | int.from_bytes(digest[:10], "big")
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def child_code(parent: TaskKey, call: str) -> str:
    """The code of a child: its parent's digest, then which call started it, in call order."""
    return f"{hashlib.sha256(str(parent).encode()).hexdigest()[:16]}.{call}"


def execution_name(key: TaskKey, run: int) -> str:
    """The deterministic name of a fan-out's execution: at most 80 characters, unique per run.

    Codes are unique within a type only, so a digest of the whole key makes the name its own.
    """
    digest = hashlib.sha256(str(key).encode()).hexdigest()[:16]
    return f"{key.code[:40]}-{run}-{digest}"
