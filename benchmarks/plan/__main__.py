"""``python -m benchmarks.plan``: would this fan-out work, how long would it take, at what price?

Exits with 1 when it would pass a limit.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.plan.case import Case
from benchmarks.plan.simulation import Simulation, simulate
from benchmarks.section import number


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=__doc__)
    parser.add_argument("--count", type=int, default=Case.count)
    parser.add_argument("--element-bytes", type=int, default=Case.element_bytes)
    parser.add_argument("--result-bytes", type=int, default=Case.result_bytes)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--max-concurrency", type=int, default=Case.max_concurrency)
    parser.add_argument("--subtask-ms", type=float, default=Case.subtask_ms)
    parser.add_argument("--batch-memory-mb", type=int, default=Case.batch_memory_mb)
    simulation = simulate(Case(**vars(parser.parse_args(arguments))))
    _show(Console(highlight=False, soft_wrap=True), simulation)
    return 1 if simulation.passed_limits else 0


def _show(console: Console, simulation: Simulation) -> None:
    table = Table("what", "planned", "limit", "", title="Limits", title_justify="left")
    for check in simulation.checks:
        verdict = "[green]kept[/]" if check.passes else "[red]passed[/]"
        limit = f"{number(check.limit)} {check.unit}".strip()
        table.add_row(check.name, number(check.planned), limit, verdict)
    console.print(table)
    for step, begins, ends in simulation.timeline:
        console.print(f"{begins:8,.0f} s to {ends:8,.0f} s  {step}")
    bill = simulation.dollars
    parts = ", ".join(f"{service} {cost:.2f}" for service, cost in bill.items() if cost >= 0.005)
    console.print(f"${sum(bill.values()):,.2f}: {parts}")
    for note in simulation.notes:
        console.print(note)


if __name__ == "__main__":
    sys.exit(main())
