"""The type variables of task functions, handles and children."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # `TaskHandle` without arguments is `TaskHandle[Any]` (PEP 696). A default is for checkers only,
    # as `typing` has none before Python 3.13.
    from typing_extensions import TypeVar

    In = TypeVar("In", default=Any)
    Out = TypeVar("Out", default=Any)
    Out_co = TypeVar("Out_co", default=Any, covariant=True)
else:
    from typing import TypeVar

    In, Out = TypeVar("In"), TypeVar("Out")
    Out_co = TypeVar("Out_co", covariant=True)
