"""``python -m benchmarks``: run the parts, print what holds, write the report.

Exits with 0 when every deterministic target holds, else with 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from rich.console import Console

from benchmarks import machine, markdown, summary
from benchmarks.section import Part, Section

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
# Each names a module with a `PART`. A further part needs no more than a line here.
PARTS = ("ledger", "overhead", "growth", "cold_start", "peers", "plan")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    console = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    sections = [_run(part, options.quick, console) for part in _parts(options.only)]
    seconds = time.monotonic() - started
    summary.show(console, sections)
    document = options.write or (None if options.quick else DOCUMENT)
    if document:
        whole = [machine.section(seconds=seconds)] if len(sections) == len(PARTS) else []
        markdown.write(document, [*sections, *whole])
        console.print(f"written to {document}")
    broken = [target for section in sections for target in section.targets if target.breaks]
    console.print(f"{seconds:.0f} s; deterministic targets that fall short: {len(broken)}")
    return 1 if broken else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="the report; docs/performance.md unless quick"
    )
    return parser.parse_args(arguments)


def _parts(names: Sequence[str]) -> list[Part]:
    return [import_module(f"benchmarks.{name}.part").PART for name in PARTS if name in names]


def _run(part: Part, quick: bool, console: Console) -> Section:  # noqa: FBT001
    started = time.monotonic()

    def report(what: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:6.1f} s[/]  {part.name}: {what}")

    return part.run(quick, report)


if __name__ == "__main__":
    sys.exit(main())
