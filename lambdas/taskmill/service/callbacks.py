"""Stored callback mappings: which task type to submit when tasks of another one have ended."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.service.parts import ServiceParts


@dataclass(frozen=True, kw_only=True)
class Callbacks(ServiceParts):
    """Registers and lists mappings."""
