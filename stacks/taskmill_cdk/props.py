"""Checks of props where they are given: an error names the prop, its value, and what it takes."""

import difflib
import functools
import inspect
import math
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from aws_cdk import Duration, Token

LAMBDA_MEMORY = (128, 10_240)  # MB
LAMBDA_SECONDS = 900

P = ParamSpec("P")
R = TypeVar("R")
Check = Callable[[str, Any], None]


def checked_props(
    base: type | None = None, /, **checks: Check
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator of ``__init__``: check these props, and refuse unknown ones with what was meant.

    Props that are None, or a value that is known at deployment only (a CDK token), pass.

    Args:
        base: The class that takes the props which ``__init__`` does not name.
        **checks: By the name of the prop.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        known = {*inspect.signature(function).parameters, *_props_of(base)}

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            for name in kwargs:
                if name not in known:
                    owner = function.__qualname__.partition(".")[0]
                    raise TypeError(f"{owner} has no prop {name!r}{hint_at(name, known)}")
            for name, check in checks.items():
                value = kwargs.get(name)
                if value is not None and not _is_token(value):
                    check(name, value)
            return function(*args, **kwargs)

        return called

    return decorate


def _is_token(value: Any) -> bool:
    """Whether only a deployment knows the value; the CDK cannot even be asked about a NaN."""
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return False
    return isinstance(value, int | float | str) and Token.is_unresolved(value)


def whole(least: int, most: int | None = None, *, or_none: bool = False) -> Check:
    """A whole number within limits; with ``or_none``, 0 as well."""
    limits = f"{least:,} or more" if most is None else f"{least:,} to {most:,}"
    wanted = f"a whole number, {'0 or ' if or_none else ''}{limits}"

    def check(name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong_type(name, value, wanted)
        fits = least <= value and (most is None or value <= most)
        if not fits and not (or_none and value == 0):
            raise ValueError(f"{name} is {value}; give {wanted}")

    return check


def instance(kind: Any, wanted: str) -> Check:
    """An instance of a class, or of one of several."""

    def check(name: str, value: Any) -> None:
        if not isinstance(value, kind):
            raise _wrong_type(name, value, wanted)

    return check


def each_of(kind: type, wanted: str) -> Check:
    """A list of instances of a class."""

    def check(name: str, value: Any) -> None:
        if not isinstance(value, list | tuple):
            raise _wrong_type(name, value, f"a list of {wanted}")
        for place, each in enumerate(value):
            if not isinstance(each, kind):
                raise _wrong_type(f"{name}[{place}]", each, wanted)

    return check


def seconds(most: int, *, least: int = 1) -> Check:
    """A ``Duration`` within limits in seconds."""

    def check(name: str, value: Any) -> None:
        if not isinstance(value, Duration):
            raise _wrong_type(name, value, "a Duration, as Duration.minutes(5)")
        if value.is_unresolved():
            return
        length = value.to_seconds(integral=False)
        if not least <= length <= most:
            raise ValueError(f"{name} is {length:g} s; give {least} to {most:,} s")

    return check


def flag_or_seconds(most: int) -> Check:
    """A flag, or a duration of up to so many seconds."""
    duration = seconds(most)

    def check(name: str, value: Any) -> None:
        if not isinstance(value, bool):
            duration(name, value)

    return check


def choice(choices: Iterable[str]) -> Check:
    """One of several texts."""
    known = tuple(choices)

    def check(name: str, value: Any) -> None:
        if value not in known:
            kind = ValueError if isinstance(value, str) else TypeError
            raise kind(f"{name} is {value!r}; known are {', '.join(known)}")

    return check


def key_of_kms(name: str, value: Any) -> None:
    """A key, made or imported: imported ones are of no public class."""
    if not hasattr(value, "key_arn"):
        raise _wrong_type(name, value, "a kms.Key, or one that is imported")


def has_vpc_id(name: str, value: Any) -> None:
    """A VPC, made or looked up: those of the CDK that are looked up are of no public class."""
    if not hasattr(value, "vpc_id"):
        raise _wrong_type(name, value, "an ec2.Vpc, or one that is looked up")


flag = instance(bool, "True or False")


def hint_at(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known one that is most alike, if any is."""
    names = [each for each in known if each not in ("self", "scope", "construct_id", "props")]
    alike = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {alike[0]!r}?" if alike else ""


def _wrong_type(name: str, value: Any, wanted: str) -> TypeError:
    if isinstance(value, timedelta):
        wanted = f"{wanted}: Duration.seconds({value.total_seconds():g})"
    return TypeError(f"{name} is {value!r} ({type(value).__name__}); give {wanted}")


def _props_of(base: type | None) -> frozenset[str]:
    if base is None:
        return frozenset()
    return frozenset(inspect.signature(base.__init__).parameters)  # type: ignore[misc]


# MiB of memory that Fargate has for each number of CPU units.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
_GIB = 1_024
FARGATE_MEMORY: dict[int, range | tuple[int, ...]] = {
    256: (512, _GIB, 2 * _GIB),
    512: range(_GIB, 4 * _GIB + 1, _GIB),
    1_024: range(2 * _GIB, 8 * _GIB + 1, _GIB),
    2_048: range(4 * _GIB, 16 * _GIB + 1, _GIB),
    4_096: range(8 * _GIB, 30 * _GIB + 1, _GIB),
    8_192: range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB),
    16_384: range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB),
}


def check_fargate_size(cpu: int, memory_mib: int, *, names: tuple[str, str]) -> None:
    """Refuse a size of containers that Fargate does not have.

    Args:
        names: Of the props for both.

    Raises:
        ValueError: It has none with these CPU units, or none of them with this memory.
    """
    if _is_token(cpu) or _is_token(memory_mib):
        return
    if cpu not in FARGATE_MEMORY:
        sizes = ", ".join(f"{each:,}" for each in FARGATE_MEMORY)
        raise ValueError(f"{names[0]} is {cpu}; Fargate has {sizes} CPU units")
    sizes_of_cpu = FARGATE_MEMORY[cpu]
    if memory_mib not in sizes_of_cpu:
        sizes = ", ".join(f"{each:,}" for each in sizes_of_cpu)
        raise ValueError(f"{names[1]} is {memory_mib}; with {cpu:,} CPU units Fargate has {sizes}")
