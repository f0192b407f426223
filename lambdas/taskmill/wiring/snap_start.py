"""A process that Lambda restores from a snapshot: nothing that must be its own is another's.

Many processes continue from one snapshot, perhaps days after it was taken. Codes, fences and owners
come from the kernel's randomness, which is new in each of them, at the moment they are needed; what
is kept between two uses is renewed here. Task modules that keep more register a hook of their own
with `snapshot_restore_py`, which AWS's runtime brings.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

from taskmill.model import new_codes
from taskmill.wiring import connecting, process


def after_restore(start: Callable[[], object]) -> None:
    """Have Lambda renew the process and start it again, each time it restores a snapshot."""
    from snapshot_restore_py import register_after_restore

    _renew_first()
    register_after_restore(start)


@cache
def _renew_first() -> None:
    """Hooks run in the order in which they were registered; this one is wanted once."""
    from snapshot_restore_py import register_after_restore

    register_after_restore(renew)


def renew() -> None:
    """Make this process one of its own.

    New are: what follows the last code in the same millisecond, the jitter of retries, and
    everything that holds a connection, a credential or a client. Models of AWS's services are
    kept: reading them is what takes the time.
    """
    random.seed()
    new_codes.renew()
    connecting.forget()
    process.forget()
