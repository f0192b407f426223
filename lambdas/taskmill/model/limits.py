"""Limits of options, for checks with and without pydantic."""

from __future__ import annotations

MAX_LOG_IDS = 10
MAX_CALLBACKS = 10  # per event
MAX_JITTER = 86_400  # seconds; of a schedule
MAX_BACKFILL = 10_000  # fires of one request
MAX_DELAY_SECONDS = 31_536_000  # a year: of a start, a retry, a time limit, an expiry, a deadline
MAX_CONCURRENCY = 10_000  # of a Distributed Map (Step Functions quotas)
MAX_PAGE = 1_000  # tasks
MAX_DEPTH = 10  # levels of a tree
NOTIFY = ("each", "progress", "none")
