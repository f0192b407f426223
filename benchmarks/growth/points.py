"""Measures of several sizes, each in a process of its own, and how they grow."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Point:
    """What a size took; nothing: not measured."""

    count: int
    seconds: float = 0.0
    megabytes: float = 0.0


def measured(what: str, count: int, *, times: int = 1) -> Point:
    """The quickest of so many fresh processes: others on the machine only ever slow it down."""
    runs = [_run(what, count) for _ in range(times)]
    return Point(
        count,
        min(run.get("seconds", 0.0) for run in runs),
        min(run["megabytes"] for run in runs),
    )


def slope(counts: Sequence[float], amounts: Sequence[float]) -> float:
    """Of log amount over log count, by least squares: 1 when the amount for each stays the same."""
    xs, ys = [math.log(x) for x in counts], [math.log(y) for y in amounts]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread


def _run(what: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.growth.measured", what, str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{what} of {count}: {done.stderr.strip()[-2_000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))
