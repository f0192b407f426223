"""Routes that the console asks for, while not all of them exist.

Each of these marks lapses by itself with the route.
"""

from functools import cache

import pytest

from taskmill.http.app import build_app, documented_routes

ASKED = {
    "whoami": "/v1/whoami",
    "tenants": "/v1/tenants",
    "may-write": "/v1/tenants/<tenant>/may-write",
    "statistics": "/v1/tenants/<tenant>/statistics",
    "errors": "/v1/tenants/<tenant>/errors",
    "failures": "/v1/tenants/<tenant>/failures",
    "lookup": "/v1/tenants/<tenant>/lookup",
    "tree": "/v1/tenants/<tenant>/tasks/<taskType>/<taskCode>/tree",
    "batches": "/v1/tenants/<tenant>/step-function-tasks/<taskType>/<taskCode>/batches",
    "bulk": "/v1/tenants/<tenant>/bulk",
    "types": "/v1/tenants/<tenant>/types",
    "fires": "/v1/tenants/<tenant>/schedules/<name>/fires",
    "health": "/v1/health/queues",
}


@cache
def missing() -> frozenset[str]:
    """Names of routes that the API does not document yet; names of parameters do not matter."""
    known = {_shape(path) for _, path in documented_routes(build_app())}
    return frozenset(name for name, path in ASKED.items() if _shape(path) not in known)


def _shape(path: str) -> str:
    return "/".join("<>" if part.startswith("<") else part for part in path.split("/"))


def awaits(*names: str) -> pytest.MarkDecorator:
    """Marks a test that cannot pass before these routes exist."""
    lacking = sorted(missing() & set(names))
    reason = f"the API has no {', '.join(lacking)} yet"
    return pytest.mark.xfail(bool(lacking), reason=reason, run=False)
