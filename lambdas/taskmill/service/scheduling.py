"""Schedules: tasks that are submitted again and again."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.service.parts import ServiceParts


@dataclass(frozen=True, kw_only=True)
class Scheduling(ServiceParts):
    """Stores schedules; the dispatcher brings EventBridge in line with them."""
