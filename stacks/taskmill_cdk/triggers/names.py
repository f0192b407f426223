"""Names of tenants and task types in triggers, checked as the runtime checks them."""

import re

from aws_cdk import Token

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PATH = re.compile(r"\$(\.[A-Za-z0-9_-]+)+")


def check_name(what: str, value: object, *, path: str = "") -> None:
    """Refuse what no task can be named.

    Args:
        what: "tenant", "task_type" or "code".
        path: What a path leads into, such as "the event"; empty: it must be a name.

    Raises:
        ValueError: It is neither a name nor, where that is allowed, a path.
    """
    if isinstance(value, str):
        if Token.is_unresolved(value) or _NAME.fullmatch(value):
            return
        if path and is_path(value):
            return
    wanted = "1 to 64 letters, digits and . _ -, the first a letter or digit"
    if path:
        wanted += f", or a path into {path} such as '$.detail.id'"
    raise ValueError(f"{what} is {value!r}; give {wanted}")


def is_path(value: str) -> bool:
    return _PATH.fullmatch(value) is not None
