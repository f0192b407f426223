"""``python -m benchmarks.plan``: would this fan-out work, how long would it take, at what price?

Exits with 1 when it would pass a limit.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields

from benchmarks.markdown import rendered
from benchmarks.plan.case import Case
from benchmarks.plan.simulation import simulate
from benchmarks.section import Table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=__doc__)
    for each in fields(Case):
        kind = float if each.name == "subtask_ms" else int
        parser.add_argument(f"--{each.name.replace('_', '-')}", type=kind, default=each.default)
    simulation = simulate(Case(**vars(parser.parse_args(arguments))))
    rows = [
        [check.name, check.planned, check.limit, check.unit, "kept" if check.passes else "passed"]
        for check in simulation.checks
    ]
    print(rendered(Table("", ["what", "planned", "limit", "", ""], rows), "simple"), "\n")
    for step, begins, ends in simulation.timeline:
        print(f"{begins:8,.0f} s to {ends:8,.0f} s  {step}")
    bill = simulation.dollars
    parts = ", ".join(f"{service} {cost:.2f}" for service, cost in bill.items() if cost >= 0.005)
    print(f"${sum(bill.values()):,.2f}: {parts}", *simulation.notes, sep="\n")
    return 1 if simulation.passed_limits else 0


if __name__ == "__main__":
    sys.exit(main())
