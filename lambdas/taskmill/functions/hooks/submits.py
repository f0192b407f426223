"""Calls the middleware before a submit."""

from __future__ import annotations

from collections.abc import Mapping

from taskmill.functions.hooks.middleware import MIDDLEWARE, Submission
from taskmill.model.keys import TaskKey
from taskmill.model.submit_checks import checked_options


def submitted_log_ids(
    task_type: str,
    log_ids: Mapping[str, str] | None,
    *,
    tenant: str | None,
    is_fan_out: bool = False,
    parent: TaskKey | None = None,
) -> Mapping[str, str] | None:
    """The log ids to submit a task with: the given ones, and what the middleware adds.

    Raises:
        InvalidOption: They are too many, too long, or their names are taken.
        BaseException: What the middleware raises: the task is not submitted.
    """
    if not MIDDLEWARE:
        return log_ids
    submission = Submission(task_type, tenant, dict(log_ids or {}), is_fan_out, parent)
    for each in MIDDLEWARE:
        each.before_submit(submission)
    if not submission.log_ids:
        return None
    checked: Mapping[str, str] = checked_options({"log_ids": submission.log_ids})["log_ids"]
    return checked
