"""A profile by CPU time: the stacks that a timer of it (``SIGPROF``) finds.

Of our own because libraries that sample on calls and returns, such as pyinstrument, count what is
written in Python too high: 76% of the API's time within AWS calls, where 1 / 1.64 = 61% is right.
"""

import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
        within = sum(times for stack, times in self.stacks.items() if CALL in stack)
        return within / (self.samples or 1)

    def by_package(self) -> dict[str, float]:
        """Shares of own time."""
        own = dict.fromkeys((*PACKAGES, PYTHON), 0)
        for stack, times in self.stacks.items():
            own[package_of(stack[-1])] += times
        return {name: times / (self.samples or 1) for name, times in own.items()}

    def dearest(self, count: int = 10) -> list[tuple[str, float, float]]:
        """Functions by own time: name, share of own time, share with what they call."""
        own, whole = Counter[str](), Counter[str]()
        for stack, times in self.stacks.items():
            own[stack[-1]] += times
            whole.update(dict.fromkeys(stack, times))
        return [
            (name, times / self.samples, whole[name] / self.samples)
            for name, times in own.most_common(count)
        ]


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
        found: list[str] = []
        while frame is not None:
            found.append(f"{frame.f_globals.get('__name__', '?')}:{frame.f_code.co_qualname}")
            if found[-1] == root:
                stacks[tuple(reversed(found))] += 1
                return
            frame = frame.f_back

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
    try:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            restore()
            handle()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return Profile(stacks)
