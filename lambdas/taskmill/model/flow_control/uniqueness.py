"""What a submit may ask for: that one task of a key is there at a time, or that only the last runs.

`Unique` and `Debounce` are given to a submit; a key is counted apart for each tenant and task type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from taskmill.model.errors import InvalidOption, WrongOptionType
from taskmill.model.flow_control.limit_ids import MAX_KEY
from taskmill.model.options import check_choice, check_mapping, check_whole, suggests

OnConflict = Literal["existing", "reject", "replace", "coalesce"]
Until = Literal["end", "start"]
MOST_SECONDS = 86_400 * 31
T = TypeVar("T", bound="Unique | Debounce")


@dataclass(frozen=True, slots=True)
class Unique:
    """One task of a key at a time: the holder of the key, and what becomes of further submits.

    Attributes:
        key: What there is one of, such as a customer's number: 1 to 200 characters, or a number.
        on_conflict: "existing": the submit returns the holder. "reject": it raises `Conflict`.
            "replace": it cancels a holder that has not begun, and takes its place; `Conflict` if
            that has begun. "coalesce": one task runs and one more waits for its end; further
            submits replace the input of the one that waits.
        until: How long a task holds its key: until its "end", or only until its "start".
    """

    key: str | int
    on_conflict: OnConflict = "existing"
    until: Until = "end"

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _checked_key("unique.key", self.key))
        check_choice("unique.on_conflict", self.on_conflict, get_args(OnConflict))
        check_choice("unique.until", self.until, get_args(Until))
        if (self.on_conflict, self.until) == ("coalesce", "start"):
            raise InvalidOption(
                'unique.until is "start"; with on_conflict="coalesce" it is "end", as the task that'
                " waits does so until the other has ended",
                field="unique.until",
            )

    @property
    def form(self) -> dict[str, Any]:
        """As a request has it."""
        return {"key": self.key, "onConflict": self.on_conflict, "until": self.until}


@dataclass(frozen=True, slots=True)
class Debounce:
    """Run once when a key has been quiet for a while, with the input of the last submit.

    Attributes:
        key: What is counted apart, such as a document's number: 1 to 200 characters, or a number.
        seconds: How long after the last submit the task starts, 1 to 31 days of seconds.
        max_seconds: How long after the first submit it starts at the latest; None: each submit
            puts it off, without an end.
    """

    key: str | int
    seconds: int
    max_seconds: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _checked_key("debounce.key", self.key))
        check_whole("debounce.seconds", self.seconds, least=1, most=MOST_SECONDS)
        if self.max_seconds is not None:
            check_whole(
                "debounce.max_seconds", self.max_seconds, least=self.seconds, most=MOST_SECONDS
            )

    @property
    def form(self) -> dict[str, Any]:
        """As a request has it."""
        form = {"key": self.key, "seconds": self.seconds}
        return form if self.max_seconds is None else {**form, "maxSeconds": self.max_seconds}

    def due(self, first_at: int, now: int) -> int:
        """When the task is to start after a submit at `now`; all times are epoch ms."""
        due = now + self.seconds * 1000
        return due if self.max_seconds is None else min(due, first_at + self.max_seconds * 1000)


def unique_of(name: str, value: Any) -> Unique:
    """A `Unique`, also given as a mapping of its fields. Raises `InvalidOption`."""
    return _made(Unique, name, value)


def debounce_of(name: str, value: Any) -> Debounce:
    """A `Debounce`, also given as a mapping of its fields. Raises `InvalidOption`."""
    return _made(Debounce, name, value)


def _made(kind: type[T], name: str, value: Any) -> T:
    if isinstance(value, kind):
        return value
    fields: Mapping[Any, Any] = check_mapping(name, value, f"{kind.__name__}(...)")
    try:
        return kind(**fields)
    except InvalidOption:
        raise
    except TypeError as wrong:
        raise WrongOptionType(f"{name}: {wrong}", field=name) from None


def _checked_key(field: str, key: Any) -> str:
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise WrongOptionType(
            f"{field} is {key!r:.80}; give a text of 1 to {MAX_KEY} characters, or a whole number",
            field=field,
            limit=MAX_KEY,
        )
    text = str(key)
    if not 1 <= len(text) <= MAX_KEY:
        raise InvalidOption(
            f"{field} has {len(text)} characters; 1 to {MAX_KEY} are accepted",
            field=field,
            limit=MAX_KEY,
        )
    return text


Unique.__init__ = suggests(Unique.__init__)  # type: ignore[method-assign]
Debounce.__init__ = suggests(Debounce.__init__)  # type: ignore[method-assign]
