"""What a process imports, and how long each module takes by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")


@dataclass(frozen=True)
class Import:
    """A module, and its own time in milliseconds: without that of what it imports itself."""

    module: str
    own: float


def parsed(text: str) -> Mapping[str, float]:
    """Own times in milliseconds by module, of what `-X importtime` printed."""
    return {
        found[2]: int(found[1]) / 1000 for found in map(_LINE.match, text.splitlines()) if found
    }


def medians(runs: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """The median of each module's own times; one that is not in all runs counts where it is."""
    modules = dict.fromkeys(module for run in runs for module in run)
    return {each: median(run[each] for run in runs if each in run) for each in modules}


def dearest(times: Mapping[str, float], count: int = 10) -> Sequence[Import]:
    """The modules that take longest by themselves."""
    ranked = sorted(times.items(), key=lambda item: -item[1])
    return [Import(module, own) for module, own in ranked[:count]]


def by_package(times: Mapping[str, float], packages: Iterable[str]) -> Mapping[str, float]:
    """Milliseconds by top-level package; what belongs to none of them is `the rest`."""
    known = {**dict.fromkeys(packages, 0.0), "the rest": 0.0}
    for module, own in times.items():
        package = module.partition(".")[0]
        known[package if package in known else "the rest"] += own
    return known


def of_packages(times: Mapping[str, float], packages: Iterable[str]) -> Sequence[str]:
    """The modules that belong to one of these packages."""
    wanted = frozenset(packages)
    return [module for module in times if module.partition(".")[0] in wanted]
