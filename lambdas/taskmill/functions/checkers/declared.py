"""What `@task` makes of a function, to a type checker: at run time a plain `TaskFunction`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, Unpack

from taskmill.functions.task_functions import TaskFunction
from taskmill.model.left_out import LEFT_OUT

if TYPE_CHECKING:
    from taskmill.functions.checkers.options import SubmitOptions
    from taskmill.functions.handles import TaskHandle

P = ParamSpec("P")
R = TypeVar("R")
In = TypeVar("In")
Out = TypeVar("Out")
_DEFAULT: Any = LEFT_OUT


class DeclaredTask(TaskFunction[In, Out], Generic[In, Out, P, R]):
    """A task function whose plain call has the signature of the function."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        raise NotImplementedError


class DeclaredTaskWithDefault(DeclaredTask[In, Out, P, R]):
    """The same, whose input may be left out: it has a default, may be None, or there is none."""

    def submit(self, argument: In = _DEFAULT, **options: Unpack[SubmitOptions]) -> TaskHandle[Out]:
        raise NotImplementedError
