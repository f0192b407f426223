"""Where a running `taskmill dev` is: its port, and the file by which clients find it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskmill.client.outputs import DEV_FILE, announced_by
from taskmill.console.place import CannotServe

STATE_FOLDER = DEV_FILE.parent
TOKEN = "taskmill-dev"  # noqa: S105  # no secret: the server asks for none


def check_alone(folder: Path) -> None:
    """Refuse a second server in a folder: clients would find one of the two.

    Raises:
        CannotServe: One runs.
    """
    if running := announced_by(folder / DEV_FILE):
        raise CannotServe(
            f"taskmill dev runs here already: {running['ApiUrl']} (pid {running['Pid']})"
        )


@contextmanager
def announced(folder: Path, url: str, console: str) -> Iterator[None]:
    """Let clients in a folder, and below it, find the server.

    Args:
        console: Address of the console, with its key: only the owner may read the file.
    """
    file = folder / DEV_FILE
    file.parent.mkdir(exist_ok=True)
    (file.parent / ".gitignore").write_text("*\n")
    outputs = {
        "ApiUrl": url,
        "EndpointUrl": url,
        "Token": TOKEN,
        "ConsoleUrl": console,
        "Pid": str(os.getpid()),
    }
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(json.dumps(outputs))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
