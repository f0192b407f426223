"""Run the whole task service in one process, for tests: no cloud, no waiting."""

from taskmill.testing.clients import Crash, Meter
from taskmill.testing.cloud import Chaos, InProcessCloud

__all__ = ["Chaos", "Crash", "InProcessCloud", "Meter"]
