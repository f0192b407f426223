"""All objects of the runtime, each made at its first use."""

from __future__ import annotations

from taskmill.wiring.dispatch import DispatchParts
from taskmill.wiring.service import ServiceParts


class Wiring(DispatchParts, ServiceParts):
    """The wiring of one process; see `Stores` for its arguments."""
