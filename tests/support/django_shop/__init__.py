"""A small Django project."""

from contextvars import ContextVar

TENANT = ContextVar("tenant", default="mbc")


def current_tenant() -> str:
    """The tenant of the present request, as a middleware would know it."""
    return TENANT.get()
