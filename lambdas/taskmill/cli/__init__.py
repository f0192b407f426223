"""The `taskmill` command line: commands, options, output and exit codes.

A command calls the HTTP API through `client`; `work` runs tasks in this process, and `local` runs
`taskmill_local`. No rules about tasks live here. May import `wiring` and everything below; does not
import `http`.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process, and exit with a code of `taskmill.cli.exits`."""
    from taskmill.cli.app import app
    from taskmill.cli.exits import Exit
    from taskmill.cli.stop_signals import ends_with_the_command
    from taskmill.model.shown_text import one_line

    ends_with_the_command()
    try:
        app()
    except Exception as bug:  # noqa: BLE001  # one line instead of a traceback
        told = f"taskmill: this is a bug: {type(bug).__name__}: {bug}"
        sys.stderr.write(one_line(told) + "\n")
        sys.exit(Exit.BUG)
