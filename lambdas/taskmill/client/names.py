"""What makes a submit repeatable: a name that it has before it is sent."""

from __future__ import annotations

from taskmill.model.new_codes import made_here, new_code


def repeatable(scheme: str, code: str | None, idempotency_key: str | None) -> dict[str, str]:
    """The fields `code` and `idempotencyKey` of a submit: the caller's own, or a new code.

    Where the service numbers its tasks, nobody else can name them: there it is a new key.
    """
    if code is None and idempotency_key is None:
        code = made_here(scheme)
        idempotency_key = None if code else f"auto-{new_code()}"
    fields = {"code": code, "idempotencyKey": idempotency_key}
    return {name: value for name, value in fields.items() if value is not None}
