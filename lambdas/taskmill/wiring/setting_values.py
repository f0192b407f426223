"""Reads the values of environment variables; each raises a `ValueError` that says what is valid."""

from __future__ import annotations


def is_on(text: str) -> bool:
    """Whether a switch is on: 1, true or yes."""
    return text.lower() in ("1", "true", "yes")


def names(text: str) -> tuple[str, ...]:
    """The names in a list, separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def path(text: str) -> str:
    """A path with a slash at its start and none at its end; empty for the root."""
    return "/" + text.strip("/") if text.strip("/") else ""


def runner(text: str) -> str:
    """Whose limits apply: "lambda" or "container"."""
    if text not in ("lambda", "container"):
        raise ValueError("lambda or container")
    return text


def whole_number(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


def positive(text: str) -> int:
    """A whole number above 0."""
    if (number := whole_number(text)) < 1:
        raise ValueError("a whole number above 0")
    return number


def limit(text: str) -> int:
    """A limit; 0 means that there is none."""
    if (number := whole_number(text)) < 0:
        raise ValueError("a whole number, 0 for no limit")
    return number
