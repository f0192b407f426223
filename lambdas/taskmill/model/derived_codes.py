"""Deterministic codes and execution names: the same arguments always give the same one."""

from __future__ import annotations

import base64
import hashlib

from taskmill.model.keys import TaskKey

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def derived_code(*parts: object) -> str:
    """A code made from a hash of `parts`: 26 letters and digits."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return base64.b32encode(digest)[:26].decode()


def timed_code(moment: int, *parts: object) -> str:
    """A code in ULID form: `moment` (epoch ms), so that it sorts by time, and a hash of `parts`."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    number = moment << 80 | int.from_bytes(digest[:10], "big")
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def child_code(parent: TaskKey, call: str) -> str:
    """The code of a child: a hash of its parent's key, then the position or name of the call."""
    return f"{hashlib.sha256(str(parent).encode()).hexdigest()[:16]}.{call}"


def execution_name(key: TaskKey, run: int, created_at: int | None) -> str:
    """The name of a fan-out's execution in Step Functions: at most 80 characters, unique per run.

    It includes a hash of the whole key, because a code is unique only within its task type, and of
    the time at which the row was made: Step Functions keeps a name for 90 days after its execution
    ended (`StartExecution`, `name`), and a code may be used again as soon as its row has expired.

    Args:
        created_at: `createdAt` of the task's row, in epoch ms.
    """
    digest = hashlib.sha256(f"{key}@{created_at}".encode()).hexdigest()[:16]
    return f"{key.code[:40]}-{run}-{digest}"
