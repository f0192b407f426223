"""Groups of routes by name, so that a console knows which views this API can fill."""

from __future__ import annotations

from collections.abc import Iterable

_TENANT = "/v1/tenants/<tenant>/"
_TASK = f"{_TENANT}tasks/<type>/<code>"
_FAN_OUT = f"{_TENANT}step-function-tasks/<type>/<code>"

FEATURES = {
    "batches": f"{_FAN_OUT}/batches",
    "bulk": f"{_TENANT}bulk",
    "errors": f"{_TENANT}errors",
    "failures": f"{_TENANT}failures",
    "fires": f"{_TENANT}schedules/<name>/fires",
    "health": "/v1/health/queues",
    "limits": f"{_TENANT}limits",
    "lookup": f"{_TENANT}lookup",
    "redrive": "/v1/health/queues/<queue>/redrive",
    "reveal": f"{_TASK}/input/revealed",
    "statistics": f"{_TENANT}statistics",
    "subtask-retry": f"{_FAN_OUT}/subtasks/<index>/retry",
    "tenants": "/v1/tenants",
    "tree": f"{_TASK}/tree",
    "types": f"{_TENANT}types",
}
"""One path of each group. A newer console hides the views of those that are missing."""


def features_of(paths: Iterable[str]) -> tuple[str, ...]:
    """The groups that an API with these paths has, sorted."""
    known = set(paths)
    return tuple(name for name, path in sorted(FEATURES.items()) if path in known)
