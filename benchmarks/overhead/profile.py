"""Where the computing time goes: stacks as a timer of CPU time finds them."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

Stack = tuple[str, ...]
"""Frames as `module:function`, the outermost first."""

INTERVAL_SECONDS = 0.001  # as asked for; most kernels look every 4 ms
PACKAGES: Mapping[str, Sequence[str]] = {
    "taskmill": ("taskmill", "benchmarks"),
    "botocore": ("botocore", "boto3", "urllib3", "jmespath", "dateutil"),
    "Powertools, pydantic": ("aws_lambda_powertools", "pydantic", "pydantic_core", "annotated"),
}
PYTHON = "Python's own library"
CALL = "botocore.client:ClientCreator._create_api_method.<locals>._api_call"


@dataclass(frozen=True)
class Profile:
    """How often each stack was found below a handler; all are of the same computing time."""

    stacks: Mapping[Stack, int]

    @property
    def samples(self) -> int:
        return sum(self.stacks.values())

    def within_calls(self) -> float:
        """The share of time within calls of AWS clients."""
        return self._share(lambda stack: CALL in stack)

    def by_package(self) -> dict[str, float]:
        """Shares of own time."""
        names = (*PACKAGES, PYTHON)
        return {
            name: self._share(lambda stack, name=name: package_of(stack[-1]) == name)  # type: ignore[misc]
            for name in names
        }

    def dearest(self, count: int = 10) -> list[tuple[str, float, float]]:
        """Functions by own time: name, share of own time, share with what they call."""
        own, whole = Counter[str](), Counter[str]()
        for stack, times in self.stacks.items():
            own[stack[-1]] += times
            for frame in set(stack):
                whole[frame] += times
        return [
            (name, times / self.samples, whole[name] / self.samples)
            for name, times in own.most_common(count)
        ]

    def own_lines(self, count: int = 10) -> list[tuple[str, float]]:
        """Functions of taskmill by the time that they take outside calls of AWS."""
        shares = Counter[str]()
        for stack, times in self.stacks.items():
            ours = [frame for frame in stack if package_of(frame) == "taskmill"]
            if CALL not in stack and ours:
                shares[ours[-1]] += times
        return [(name, times / self.samples) for name, times in shares.most_common(count)]

    def _share(self, is_meant: Callable[[Stack], bool]) -> float:
        meant = sum(times for stack, times in self.stacks.items() if is_meant(stack))
        return meant / (self.samples or 1)


def package_of(frame: str) -> str:
    """Whose code a frame is."""
    package = frame.partition(":")[0].partition(".")[0]
    return next((name for name, packages in PACKAGES.items() if package in packages), PYTHON)


def profiled(
    root: str, handle: Callable[[], None], restore: Callable[[], None], *, seconds: float
) -> Profile:
    """Handle an event again and again for so many seconds; only what lies below `root` counts."""
    stacks = Counter[Stack]()

    def look(_signal: int, frame: FrameType | None) -> None:
        stack = _stack(frame, root)
        if stack:
            stacks[stack] += 1

    ends = time.monotonic() + seconds
    with _timer(look):
        while time.monotonic() < ends:
            restore()
            handle()
    return Profile(stacks)


@contextmanager
def _timer(look: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stack(frame: FrameType | None, root: str) -> Stack:
    """The frames from `root` on; none when the root is not among them."""
    found: list[str] = []
    while frame is not None:
        found.append(f"{frame.f_globals.get('__name__', '?')}:{frame.f_code.co_qualname}")
        if found[-1] == root:
            return tuple(reversed(found))
        frame = frame.f_back
    return ()
