"""Secrets of pydantic (`SecretStr`, `SecretBytes`, `Secret`) in values that are about to be stored.

Pydantic's JSON masks them. Its Python form keeps them, and has the same structure otherwise, so the
two are read side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from typing import Any


def revealed(structure: Any, plain: Any) -> Any:
    """`plain`, a JSON form, with the secrets of `structure`, the Python form, in the clear."""
    if is_secret(structure):
        return _clear(structure)
    if not isinstance(structure, Sized) or not isinstance(plain, dict | list):
        return plain
    return _revealed_in(structure, plain) if len(structure) == len(plain) else plain


def _revealed_in(structure: Any, plain: Any) -> Any:
    if isinstance(structure, Mapping) and isinstance(plain, dict):
        return {
            _clear(name) if is_secret(name) else text: revealed(each, below)
            for (name, each), (text, below) in zip(structure.items(), plain.items(), strict=True)
        }
    if isinstance(structure, set | frozenset) and any(map(is_secret, structure)):
        return [_clear(each) for each in structure]  # its order may be another than in `plain`
    if isinstance(structure, list | tuple) and isinstance(plain, list):
        return [revealed(each, below) for each, below in zip(structure, plain, strict=True)]
    return plain


def secrets_in(structure: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Place and value of each secret, as `lines.0.token`."""
    if is_secret(structure):
        yield place, structure
    elif isinstance(structure, Mapping):
        for name, each in structure.items():
            yield from secrets_in(name, place)
            yield from secrets_in(each, f"{place}.{name}" if place else str(name))
    elif isinstance(structure, list | tuple | set | frozenset):
        for index, each in enumerate(structure):
            yield from secrets_in(each, f"{place}.{index}" if place else str(index))


def is_secret(value: Any) -> bool:
    if not hasattr(value, "get_secret_value"):
        return False
    from pydantic import Secret, SecretBytes, SecretStr

    return isinstance(value, SecretStr | SecretBytes | Secret)


def _clear(secret: Any) -> Any:
    from pydantic_core import to_jsonable_python

    value = secret.get_secret_value() if is_secret(secret) else secret
    return to_jsonable_python(value, inf_nan_mode="constants")
