"""Codes and idempotency keys that make submits safe to retry."""

from __future__ import annotations

from taskmill.model.new_codes import made_here, new_code


def repeatable(scheme: str, code: str | None, idempotency_key: str | None) -> dict[str, str]:
    """The fields `code` and `idempotencyKey` of a submit: those of the caller, or a new code.

    With the scheme "integer" the service assigns the codes, so a new idempotency key is used.
    """
    if code is None and idempotency_key is None:
        code = made_here(scheme)
        idempotency_key = None if code else f"auto-{new_code()}"
    fields = {"code": code, "idempotencyKey": idempotency_key}
    return {name: value for name, value in fields.items() if value is not None}
