"""On what, with what and when a run was made."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks.section import Section, Table

_WORDS = """
`make bench` repeats all of it in under 30 minutes, `make bench-quick` the counts in under 3,
`.venv/bin/python -m benchmarks --only ledger` one part. Counts are the same on every machine. Times
are not: they are compared with others of the same run only.
"""
PACKAGES = ("boto3", "aws-lambda-powertools", "pydantic")


def section(*, seconds: float) -> Section:
    """The last section of the document, about a run of all parts."""
    rows: list[list[object]] = [
        ["made on", f"{datetime.now(UTC):%d %B %Y}"],
        ["took", f"{seconds:.0f} s"],
        ["processors", str(os.cpu_count())],
        ["system", f"{platform.system()} {platform.machine()}"],
        ["Python", platform.python_version()],
        *[[name, version(name)] for name in PACKAGES],
    ]
    table = Table(title="This run", columns=["", ""], rows=rows)
    return Section(name="machine", title="How to repeat it", words=_WORDS, tables=[table])
