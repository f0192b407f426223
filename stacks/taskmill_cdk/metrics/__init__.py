"""Metrics that the constructs hand out, and alarms and the dashboard show."""

from taskmill_cdk.metrics.functions import iterator_age
from taskmill_cdk.metrics.queues import oldest, waiting
from taskmill_cdk.metrics.rules import failed_invocations

__all__ = ["failed_invocations", "iterator_age", "oldest", "waiting"]
