"""How many attempts of limited tasks run at a time, measured by the tasks themselves."""

from collections import Counter

from taskmill.testing import InProcessCloud

CLOUDS: list[InProcessCloud] = []  # whose time passes while a task runs
NOW: Counter[str] = Counter()  # attempts that run, by key
MOST: Counter[str] = Counter()  # the most that ran at a time


def reset(cloud: InProcessCloud) -> None:
    CLOUDS[:] = [cloud]
    NOW.clear()
    MOST.clear()


def work(key: str, seconds: float = 0.05) -> None:
    NOW[key] += 1
    MOST[key] = max(MOST[key], NOW[key])
    try:
        CLOUDS[0].sleep(seconds)
    finally:
        NOW[key] -= 1
