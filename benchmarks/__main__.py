"""``python -m benchmarks``: run the parts, print which targets hold, write the report.

Exits with 0 when every deterministic target holds, else with 1.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks import markdown
from benchmarks.section import Part, Section

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
# Each names a module with a `PART`. A further part needs no more than a line here. The report has
# them in this order: real work first, then what trivial tasks cost.
PARTS = ("makespan", "ledger", "overhead", "growth", "cold_start", "peers", "plan")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    started = time.monotonic()
    sections = [_run(name, options.quick) for name in PARTS if name in options.only]
    seconds = time.monotonic() - started
    for section in sections:
        table = markdown.targets_table(section.targets)
        print(f"\n{section.title}\n\n{markdown.rendered(table, 'simple')}")
    if document := options.write or (None if options.quick else DOCUMENT):
        whole = len(sections) == len(PARTS)
        last = [markdown.machine_section(seconds=seconds)] if whole else []
        markdown.write(document, [*sections, *last], order=PARTS)
        print(f"\nwritten to {document}")
    broken = sum(target.breaks for section in sections for target in section.targets)
    print(f"\n{seconds:.0f} s; deterministic targets that fall short: {broken}")
    return 1 if broken else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="the report; docs/performance.md unless quick"
    )
    return parser.parse_args(arguments)


def _run(name: str, quick: bool) -> Section:  # noqa: FBT001
    part: Part = import_module(f"benchmarks.{name}.part").PART
    started = time.monotonic()

    def report(what: str) -> None:
        print(f"{time.monotonic() - started:6.1f} s  {name}: {what}", flush=True)

    return part.run(quick, report)


if __name__ == "__main__":
    sys.exit(main())
