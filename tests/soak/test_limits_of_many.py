"""Limits at the size that is promised: a storm of 1,000 tasks, a crowd of 10,000.

`make soak` runs them so; other runs a few. To look at the figures alone:

    TASKMILL_SOAK=1 .venv/bin/python -m pytest -n 0 -s tests/soak/test_limits_of_many.py
"""

import os
import time

import pytest
from limit_storms import crowd, storm

FULL = bool(os.environ.get("TASKMILL_SOAK"))
STORM, CROWD = (1_000, 10_000) if FULL else (60, 200)
SEEDS = (1, 2, 3) if FULL else (3,)


def told(what: str, began: float) -> None:
    """Print the figures."""
    print(f"\n{what}; {time.monotonic() - began:.0f} s of real time")  # noqa: T201  # with -s


@pytest.mark.parametrize("seed", SEEDS)
def test_a_storm_over_very_many_leaves_no_slot_behind(seed: int) -> None:
    began = time.monotonic()

    found = storm(STORM, seed)

    told(f"storm of {STORM:,}, seed {seed}: {found}", began)
    assert found.crashes >= STORM / 20
    assert found.most == 3
    assert sum(found.ends.values()) == STORM
    assert set(found.ends) >= {"COMPLETED", "CANCELLED"}


def test_a_tenant_with_very_much_work_does_not_hold_up_another() -> None:
    began = time.monotonic()

    took = crowd(CROWD)

    told(f"{CROWD:,} tasks of x: ten of y start within {took:.2f} s", began)
    assert took <= 5
