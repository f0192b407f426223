"""Makes request models of keyword arguments, with our errors instead of pydantic's."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from taskmill.model.api.base import Model
from taskmill.model.errors import InvalidRequest

M = TypeVar("M", bound=Model)


def model_of(model: type[M], **fields: Any) -> M:
    """A request model made of keyword arguments under their Python names.

    Raises:
        InvalidRequest: Some fields are not valid; the message names each, and why.
    """
    try:
        return model(**fields)
    except ValidationError as refused:
        names = {each.alias: name for name, each in model.model_fields.items()}
        details = [
            {"field": _field_path(each["loc"], names), "message": each["msg"]}
            for each in refused.errors()
        ]
        message = "; ".join(f"{each['field']}: {each['message']}" for each in details)
        raise InvalidRequest(message, errors=details) from None


def _field_path(loc: tuple[int | str, ...], names: dict[str | None, str]) -> str:
    first, *rest = loc
    return ".".join(map(str, (names.get(str(first), first), *rest)))
