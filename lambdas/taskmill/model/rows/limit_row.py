"""The row of a limit that an operator has set, as far as changes of it cause something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from taskmill.model.rows.readable import UnreadableRow

LIMIT_ROW = "LIMIT"


@dataclass(frozen=True, slots=True)
class LimitRow:
    """What was set for one key of a limit; with `key` None, for every key of its name.

    Attributes:
        opened_to: After a change, the gates of the name were opened up to this key.
        version: Counts the changes by operators.
    """

    tenant: str
    name: str
    key: str | None = None
    opened_to: str | None = None
    version: int = 0

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The row with these attributes of the table.

        Raises:
            UnreadableRow: They are not those of a limit.
        """
        tenant, name, key = (values.get(each) for each in ("tenant", "name", "key"))
        if not (isinstance(tenant, str) and isinstance(name, str)):
            raise UnreadableRow(values, "a limit has a tenant and a name")
        opened_to, version = values.get("openedTo"), values.get("version")
        return cls(
            tenant,
            name,
            key if isinstance(key, str) else None,
            opened_to if isinstance(opened_to, str) else None,
            version if isinstance(version, int) else 0,
        )
