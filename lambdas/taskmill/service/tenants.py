"""The tenants of a stack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from taskmill.aws.dynamodb.tenants import tenants_of
from taskmill.service.parts import ServiceParts


@dataclass(frozen=True, kw_only=True)
class Tenants(ServiceParts):
    """Reads which tenants there are."""

    def list_tenants(self) -> Iterator[str]:
        """The tenants that have had a task, by name, as far as statistics are kept."""
        return tenants_of(self.tasks.table)
