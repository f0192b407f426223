"""The task service in one process, for tests: without AWS and in virtual time.

`InProcessCloud` runs the real handlers on fake AWS services. Fakes and their players live here; no
rule of the task service does. May import everything; nothing of taskmill imports it.
"""

from taskmill.testing.chaos import Chaos
from taskmill.testing.clients import Crash, Meter
from taskmill.testing.cloud import InProcessCloud

__all__ = ["Chaos", "Crash", "InProcessCloud", "Meter"]
