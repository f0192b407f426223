"""Frees the keys of tasks that had them to themselves, or passes them on."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.dispatch.emitters.stream_delivery import StreamDelivery
from taskmill.dispatch.reactions import FreeKey
from taskmill.work.admission.one_at_a_time import OneAtATime


@dataclass(frozen=True, kw_only=True)
class KeyEmitter:
    """A write unit for each task that had a key; a task that gets one is told by its own record."""

    one_at_a_time: OneAtATime

    def emit(self, delivery: StreamDelivery) -> None:
        delivery.each(FreeKey, lambda each: self.one_at_a_time.free(each.row))
