"""SnapStart: what a restored process renews (ids, connections, credentials).

Many processes are restored from one snapshot, perhaps days after it was taken. Codes and fences are
safe, as they take fresh random bytes from the kernel whenever one is made. State that is kept
between two uses would be the same in all of these processes, so it is renewed here. Task modules
with such state of their own register a hook with `snapshot_restore_py`, which is part of AWS's
Python runtime.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

from taskmill.model import new_codes
from taskmill.wiring import connecting, process


def after_restore(start: Callable[[], object]) -> None:
    """Register hooks: after each restore from a snapshot, Lambda calls `renew` and then `start`."""
    from snapshot_restore_py import register_after_restore

    _register_renew()
    register_after_restore(start)


@cache
def _register_renew() -> None:
    """Register `renew`, once: hooks run in the order of their registration."""
    from snapshot_restore_py import register_after_restore

    register_after_restore(renew)


def renew() -> None:
    """Renew all state that restored processes must not share.

    That is: the ULID generator, which continues from its last code within the same millisecond; the
    random jitter of retries; all clients, with their connections and credentials. botocore's
    service models are kept, as reading them takes most of the time.
    """
    random.seed()
    new_codes.renew()
    connecting.forget()
    process.forget()
