"""Checks the options of a submit or a fan-out in the process that gives them.

The service checks them too, by its request models. Here the message names the option by its name
in Python and the value that was given, and nothing is converted: "5" is no number, True is not 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from taskmill.model.batch_plan import MAX_BATCH_SIZE
from taskmill.model.correlation import RESERVED
from taskmill.model.errors import InvalidOption, WrongOptionType
from taskmill.model.flow_control.uniqueness import debounce_of, unique_of
from taskmill.model.lanes import PRIORITIES
from taskmill.model.limits import (
    MAX_CALLBACKS,
    MAX_CONCURRENCY,
    MAX_DELAY_SECONDS,
    MAX_JITTER,
    MAX_LOG_IDS,
    NOTIFY,
)
from taskmill.model.options import (
    check_choice,
    check_flag,
    check_mapping,
    check_moment,
    check_named,
    check_pattern,
    check_text,
    check_types,
    check_whole,
)

# What None stands for, where it is not None.
_NOTHING: Mapping[str, Any] = {
    "delay_seconds": 0,
    "on_success": (),
    "on_failure": (),
    "on_completion": (),
}
TEXT_LIMIT = 256  # characters of a name, an idempotency key, the value of a log id
_LOG_ID = r"[A-Za-z][A-Za-z0-9_.-]{0,63}"
_LOG_ID_FORM = "a letter and up to 63 of A-Z a-z 0-9 _ . -"
_SHARE = r"[0-9]{1,7}|(100|[0-9]{1,2}(\.[0-9]+)?)%"


def checked_options(given: Mapping[str, Any], *, wire_names: bool = False) -> dict[str, Any]:
    """The options, with callbacks as tuples of task types; those that are None say nothing.

    Args:
        wire_names: Name the fields of a request (`delaySeconds`), too.

    Raises:
        InvalidOption: Some are invalid; the message names each, its value and what is allowed.
    """
    checked, refused = dict[str, Any](), dict[str, InvalidOption]()
    for name, value in given.items():
        try:
            checked[name] = _NOTHING.get(name) if value is None else _CHECKS[name](name, value)
        except InvalidOption as error:
            refused[name] = error
    if refused:
        raise _all_in_one(refused, wire_names=wire_names)
    return checked


def _all_in_one(refused: Mapping[str, InvalidOption], *, wire_names: bool) -> InvalidOption:
    details = []
    for name, error in refused.items():
        field = _camel(name) if wire_names else name
        message = error.message.removeprefix(f"{name} ") if field == name else error.message
        details.append({"field": field, "message": message})
    of_type = any(isinstance(error, WrongOptionType) for error in refused.values())
    return (WrongOptionType if of_type else InvalidOption)(
        "; ".join(f"{each['field']}: {each['message']}" for each in details),
        field=details[0]["field"],
        errors=details,
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _delay(name: str, value: Any) -> int:
    return check_whole(name, value, least=0, most=MAX_DELAY_SECONDS)


def _limit(name: str, value: Any) -> int:
    return check_whole(name, value, least=1, most=MAX_DELAY_SECONDS)


def _priority(name: str, value: Any) -> str:
    return check_choice(name, value, PRIORITIES)


def _notify(name: str, value: Any) -> str:
    return check_choice(name, value, NOTIFY)


def _callbacks(name: str, value: Any) -> tuple[str, ...]:
    return check_types(name, value, most=MAX_CALLBACKS)


def _text(name: str, value: Any) -> str:
    return check_text(name, value, most=TEXT_LIMIT)


def _log_ids(name: str, value: Any) -> Mapping[str, str]:
    log_ids = check_mapping(name, value, "a dict of names and texts")
    if len(log_ids) > MAX_LOG_IDS:
        raise InvalidOption(
            f"{name} are {len(log_ids)}; at most {MAX_LOG_IDS} are accepted",
            field=name,
            limit=MAX_LOG_IDS,
        )
    for each, text in log_ids.items():
        check_pattern(
            f"{name}: a name", each, _LOG_ID, "a letter and up to 63 of A-Z a-z 0-9 _ . -"
        )
        if each in RESERVED:
            raise InvalidOption(
                f"{name}: {each!r} has a meaning of its own on log lines", field=name
            )
        if not isinstance(text, str) or len(text) > TEXT_LIMIT:
            check_text(f"{name}[{each!r}]", text, most=TEXT_LIMIT)
    return log_ids


def _tolerance(name: str, value: Any) -> int | str:
    if isinstance(value, str):
        return check_pattern(name, value, _SHARE, "a number, or a share such as '5%'")
    return check_whole(name, value, least=0, most=9_999_999)


def _overlap(name: str, value: Any) -> str:
    return check_choice(name, value, ("allow", "skip", "one", "cancel"))


def _jitter(name: str, value: Any) -> int:
    return check_whole(name, value, least=1, most=MAX_JITTER)


def _batch_size(name: str, value: Any) -> int:
    return check_whole(name, value, least=1, most=MAX_BATCH_SIZE)


def _concurrency(name: str, value: Any) -> int:
    return check_whole(name, value, least=1, most=MAX_CONCURRENCY)


_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "tenant": check_named,
    "name": _text,
    "task_name": _text,
    "code": check_named,
    "idempotency_key": _text,
    "delay_seconds": _delay,
    "run_at": check_moment,
    "priority": _priority,
    "expires_seconds": _limit,
    "deadline_seconds": _limit,
    "notify": _notify,
    "on_success": _callbacks,
    "on_failure": _callbacks,
    "on_completion": _callbacks,
    "log_ids": _log_ids,
    "unique": unique_of,
    "debounce": debounce_of,
    "execute_now": check_flag,
    "paused": check_flag,
    "dry_run": check_flag,
    "since": check_moment,
    "until": check_moment,
    "overlap": _overlap,
    "jitter_seconds": _jitter,
    "tolerated_failures": _tolerance,
    "batch_size": _batch_size,
    "max_concurrency": _concurrency,
}
