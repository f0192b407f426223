"""The command that synthesises an app: what can be said of it before it runs."""

import shlex
from pathlib import Path

from taskmill_local.errors import LocalCloudError


def check_app(command: str, folder: Path) -> None:
    """Refuse a command whose script is missing; whether any other command works, only it shows.

    Raises:
        LocalCloudError: There is no such script in the folder.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise LocalCloudError(f"--app {command!r} is no command: {error}.") from None
    if len(words) < 2 or not words[1].endswith(".py"):
        return
    if not (folder / words[1]).is_file():
        raise LocalCloudError(
            f"There is no {words[1]} in {folder}. Run this in the folder of your CDK app, name the"
            " command that synthesises it with --app, or begin a project with `taskmill init`."
        )
