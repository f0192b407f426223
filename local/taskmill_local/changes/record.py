"""The record of what is deployed to a local cloud, kept in its state folder."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1


@dataclass
class Record:
    """What was deployed last, and from which files.

    Attributes:
        emulator: Process id and start time of the emulator that it was deployed to.
        fingerprint: See ``fingerprint``.
        project: Hashes of the files of the project that the app may read, without code.
        code: For each asset of code, the hash of each of its sources, by the name of the copy.
        sources: For each asset of code, the path of each of its sources, by the name of the copy.
        types: The task types of each stack, as its worker has them; None: not known.
        swapped: Whether functions have other code than their stack's template says.
    """

    emulator: tuple[int, float]
    fingerprint: str
    project: dict[str, str]
    sources: dict[str, dict[str, str]]
    code: dict[str, dict[str, str]]
    types: dict[str, Any] | None = None
    swapped: bool = False
    version: int = field(default=VERSION)


def read_record(file: Path) -> Record | None:
    """The record in a file; None if there is none, or one of another version."""
    try:
        values = json.loads(file.read_text())
        record = Record(**values)
    except (OSError, ValueError, TypeError):
        return None
    record.emulator = (record.emulator[0], record.emulator[1])
    return record if record.version == VERSION else None


def write_record(file: Path, record: Record) -> None:
    file.write_text(json.dumps(asdict(record)))
