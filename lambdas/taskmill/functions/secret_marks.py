"""`Secret`: marks a field that is stored in the clear, and masked wherever it is shown."""

from __future__ import annotations

from typing import Any

MARK = "taskmill_secret"  # in the metadata of pydantic's schema


class Secret:
    """Marks a field as secret: `Annotated[str, Secret]`.

    The task function gets the value as it is, here a `str`. The API shows `"***"` in its place.
    `pydantic.SecretStr`, `SecretBytes` and `Secret[...]` are masked without a mark.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        schema = handler(source)
        return {**schema, "metadata": {**(schema.get("metadata") or {}), MARK: True}}
