"""Imports the task modules as a worker does, and prints the task types, or the error, as JSON.

A program: it runs in the Python of the emulator, with code and layers of a function on its path and
the environment of that function. Its one argument is the folder of the code.
"""

import importlib
import io
import json
import sys
import traceback
from contextlib import redirect_stdout
from typing import Any


def main(code: str) -> dict[str, Any]:
    """The types with what the stack has to know of each; or what went wrong, and where."""
    wiring = importlib.import_module("taskmill.wiring.process").current()
    known = importlib.import_module("taskmill.functions.known_functions")
    try:
        wiring.registry.load()
    except BaseException as error:  # noqa: BLE001  # whatever user code raises; it is shown
        return {"error": f"{type(error).__name__}: {_message(error)}", **_place(error, code)}
    types = {name: _needs(function.settings) for name, function in known.FUNCTIONS.items()}
    return {"types": types}


def _needs(settings: Any) -> list[Any]:
    return [settings.runner, settings.pool]


def _message(error: BaseException) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _place(error: BaseException, code: str) -> dict[str, Any]:
    """The file below the code's folder and the line where it went wrong."""
    if isinstance(error, SyntaxError) and error.filename:
        return {"file": _name(error.filename, code), "line": error.lineno}
    files = [
        (_name(frame.filename, code), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(code)
    ]
    own = [(file, line) for file, line in files if not file.startswith("taskmill/")]
    return {"file": own[-1][0], "line": own[-1][1]} if own else {}


def _name(file: str, code: str) -> str:
    return file.removeprefix(code).lstrip("/")


if __name__ == "__main__":
    with redirect_stdout(io.StringIO()):  # modules may print as they are imported
        found = main(sys.argv[1])
    sys.stdout.write(json.dumps(found))
