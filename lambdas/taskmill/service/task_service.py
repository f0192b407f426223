"""The task service: every operation that callers can use."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.service.backfills import Backfilling
from taskmill.service.batch_lists import BatchLists
from taskmill.service.bulk.requests import BulkOperations
from taskmill.service.callbacks import Callbacks
from taskmill.service.change import Changes
from taskmill.service.error_groups import ErrorGroups
from taskmill.service.failures import Failures
from taskmill.service.limits.changes import LimitChanges
from taskmill.service.lookup import Lookups
from taskmill.service.shown_payloads import ShownPayloads
from taskmill.service.statistics import StatisticsReads
from taskmill.service.submit import Submits
from taskmill.service.tenants import Tenants
from taskmill.service.trees import Trees


@dataclass(frozen=True, kw_only=True)
class TaskService(
    Submits,
    BulkOperations,
    Failures,
    Lookups,
    ShownPayloads,
    BatchLists,
    Trees,
    Changes,
    Callbacks,
    Backfilling,
    Tenants,
    StatisticsReads,
    ErrorGroups,
    LimitChanges,
):
    """All methods take keyword arguments and return frozen models."""
