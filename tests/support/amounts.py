"""How much of what could go on for ever a test run does.

`make test` does a fixed small amount. `make fuzz` sets TASKMILL_FUZZ and does the large one.
"""

import os


def amount(small: int, *, fuzz: int) -> int:
    return fuzz if os.environ.get("TASKMILL_FUZZ") else small
