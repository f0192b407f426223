"""The task service: what callers may do with tasks. Writes rows; the dispatcher does the rest."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.service.callbacks import Callbacks
from taskmill.service.changing import Changes
from taskmill.service.reading import Reads
from taskmill.service.scheduling import Scheduling
from taskmill.service.submitting import Submits


@dataclass(frozen=True, kw_only=True)
class TaskService(Submits, Reads, Changes, Callbacks, Scheduling):
    """All methods take keyword arguments and return frozen models."""
