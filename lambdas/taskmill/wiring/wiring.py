"""All objects of the runtime, each made at its first use."""

from __future__ import annotations

from taskmill.wiring.service import ServiceParts
from taskmill.wiring.sweep import SweepParts
from taskmill.wiring.tally import TallyParts


class Wiring(SweepParts, ServiceParts, TallyParts):
    """The wiring of one process; see `Stores` for its arguments."""
