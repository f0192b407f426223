"""Values that do not match their type: the problems by field, and the errors that tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taskmill.model.errors import InvalidInput, InvalidResult


class Misfit(Exception):
    """A value does not match: problems by field path, "" for the value as a whole."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(problems)
        self.problems = problems

    def text(self, whole: str) -> str:
        lines = self.details(whole)
        return "; ".join(
            f"{each['field']}: {each['message']}" if each["field"] else each["message"]
            for each in lines
        )

    def details(self, whole: str) -> list[dict[str, str]]:
        return [{"field": place or whole, "message": what} for place, what in self.problems.items()]


def misfit_of(error: Any) -> Misfit:
    """The problems that a validation of pydantic found."""
    return Misfit({_place(each["loc"]): _problem(each) for each in error.errors()})


def wrong_input(misfit: Misfit) -> InvalidInput:
    return InvalidInput(misfit.text("input"), errors=misfit.details("input"))


def wrong_result(misfit: Misfit) -> InvalidResult:
    return InvalidResult(
        f"the result is not of its type: {misfit.text('result')}", errors=misfit.details("result")
    )


def _place(loc: Sequence[Any]) -> str:
    return ".".join(map(str, loc))


def _problem(error: Mapping[str, Any]) -> str:
    """The message of an error; that of a custom validator without pydantic's prefix."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return str(error["msg"])
