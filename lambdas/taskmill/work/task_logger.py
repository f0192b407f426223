"""The logger of one attempt, `ctx.logger`: keys that task code adds end with the attempt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class TaskLogger:
    """The process's Powertools `Logger`, but keys are kept for the attempt instead of the process.

    They lie in a dict that only this attempt's context variables refer to: other tasks that run in
    the process, at the same time or later, do not see them.

    Args:
        logger: The process's.
        fields: Keys that every line of the attempt has.
    """

    def __init__(self, logger: Any, fields: Mapping[str, Any]) -> None:
        self._logger = logger
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logger, name)

    def append_keys(self, **additional_keys: Any) -> None:
        self._own.update(additional_keys)

    def remove_keys(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._own.pop(key, None)

    def get_current_keys(self) -> dict[str, Any]:
        return {**self._logger.get_current_keys(), **self._own}

    @contextmanager
    def append_context_keys(self, **additional_keys: Any) -> Iterator[None]:
        before = dict(self._own)
        self.append_keys(**additional_keys)
        try:
            yield
        finally:
            self._replace(before)

    def clear_state(self) -> None:
        """Remove all keys that task code has added."""
        self._replace(self._fields)

    def structure_logs(self, append: bool = False, **keys: Any) -> None:  # noqa: FBT001, FBT002  # as Powertools has it
        keys.pop("formatter_options", None)  # the format of lines is the process's
        if not append:
            self.clear_state()
        self.append_keys(**keys)

    def set_correlation_id(self, value: str | None) -> None:
        self.append_keys(correlation_id=value)

    def get_correlation_id(self) -> str | None:
        found: str | None = self.get_current_keys().get("correlation_id")
        return found

    def _replace(self, keys: Mapping[str, Any]) -> None:
        own = self._own
        before = dict(keys)
        own.clear()
        own.update(before)

    @property
    def _own(self) -> dict[str, Any]:
        keys: dict[str, Any] = self._logger.thread_safe_get_current_keys()
        if not keys:  # a thread that the task code started: the empty dict is everybody's
            self._logger.thread_safe_append_keys(**self._fields)
            keys = self._logger.thread_safe_get_current_keys()
        return keys
