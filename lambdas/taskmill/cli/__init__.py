"""The `taskmill` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process. Exit codes: see `taskmill.cli.exits`."""
    from taskmill.cli.app import app
    from taskmill.cli.exits import Exit

    try:
        app()
    except Exception as bug:  # noqa: BLE001  # a stack is no answer to a person
        sys.stderr.write(f"taskmill: this is a bug: {type(bug).__name__}: {bug}\n")
        sys.exit(Exit.BUG)
