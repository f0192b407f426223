"""Messages about inputs and results quote no secrets of them: validators are the user's code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

from taskmill.functions.secret_values import is_secret
from taskmill.model.errors import InvalidInput, InvalidResult
from taskmill.model.redaction import scrubbed, scrubbed_json, texts_in

_DEPTH = 100  # levels of a value in which secrets are looked for


@contextmanager
def quoting_no_secret(value: Any, secret_values: Callable[[Any], Iterable[Any]]) -> Iterator[None]:
    """Mask the secrets of a value in an `InvalidInput` or `InvalidResult` that is raised here.

    Args:
        value: What was given or returned; it need not be of its type, nor JSON.
        secret_values: Finds the secret parts of a JSON value.
    """
    try:
        yield
    except (InvalidInput, InvalidResult) as refused:
        secrets = texts_in(secret_values(_plain(value, _DEPTH)))
        refused.message = scrubbed(refused.message, secrets)
        refused.details = scrubbed_json(dict(refused.details), secrets)
        refused.args = (refused.message,)
        raise


def _plain(value: Any, depth: int, within: frozenset[int] = frozenset()) -> Any:
    """Dicts, lists, texts and numbers of any value, whether or not JSON could hold it."""
    if is_secret(value):
        value = value.get_secret_value()
    if value is None or isinstance(value, str | int | float):
        return value
    if depth == 0 or id(value) in within:
        return None
    below = partial(_plain, depth=depth - 1, within=within | {id(value)})
    if isinstance(value, Mapping):
        return {str(name): below(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [below(each) for each in value]
    held = _fields_of(value)
    return _text(value) if held is None else below(held)


def _fields_of(value: Any) -> dict[str, Any] | None:
    """The fields of a model or a dataclass; None: it is neither."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name, None) for each in fields(value)}
    if not hasattr(type(value), "model_fields"):
        return None
    return {**getattr(value, "__dict__", {}), **(getattr(value, "model_extra", None) or {})}


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    try:
        return str(value)
    except Exception:  # noqa: BLE001  # user code
        return None
