"""Refusals of the server itself, in the form that errors of the API have."""

from __future__ import annotations

from starlette.responses import JSONResponse


def refusal(status: int, code: str, message: str) -> JSONResponse:
    """An error that a page can show; `by` tells it from one that the API answered."""
    return JSONResponse(
        {"error": {"code": code, "message": message, "by": "console"}},
        status,
        {"cache-control": "no-store"},
    )
