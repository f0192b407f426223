"""The task service in one process, for tests: without AWS and in virtual time.

`InProcessCloud` runs the real handlers on fake AWS services. Fakes and their players live here; no
rule of the task service does. May import everything below; of taskmill, only `dev` imports it.
Names are imported when they are first used, since pytest imports `pytest_plugin` in every run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskmill.testing.chaos import Chaos
    from taskmill.testing.clients import Crash, Meter
    from taskmill.testing.cloud import InProcessCloud

_MODULE_OF = {"Chaos": "chaos", "Crash": "clients", "InProcessCloud": "cloud", "Meter": "clients"}

__all__ = ["Chaos", "Crash", "InProcessCloud", "Meter"]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found  # the next access does not call this function
    return found
