"""An input that its caller left out, which is not the same as one that is null."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final


class LeftOut(Enum):
    """The class of `LEFT_OUT`; an enum, so that there is one even after pickling and copying."""

    LEFT_OUT = "left out"

    def __repr__(self) -> str:
        return "LEFT_OUT"


LEFT_OUT: Final = LeftOut.LEFT_OUT
"""Stands for no input: the function's default applies. A function without one gets None."""


def given_or_null(value: Any) -> Any:
    """`value`, or None if it was left out."""
    return None if value is LEFT_OUT else value
