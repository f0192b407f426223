"""The task types of deployed functions: their modules are imported as a worker does it."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taskmill_local.changes.assembly import DeployedFunction
from taskmill_local.changes.code_sources import Sources
from taskmill_local.changes.swap import physical_name
from taskmill_local.clients import aws_client
from taskmill_local.environments import for_clients, without_cloud

REPORTER = Path(__file__).parents[1] / "shim" / "report_types.py"
SECONDS = 60


@dataclass(frozen=True)
class TypesThere:
    """What the import of the task modules of one stack has found.

    Attributes:
        types: By task type, what the stack has to know of it.
        error: What the import raised; None: all modules could be imported.
        place: The file and the line where it was raised; empty if it is not known.
    """

    stack: str
    types: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    place: str = ""

    @property
    def told(self) -> str:
        """One line for a person."""
        if self.error is not None:
            return f"{self.place}: {self.error}" if self.place else self.error
        names = sorted(self.types)
        return f"{len(names)} task type{'' if len(names) == 1 else 's'}: {', '.join(names)}"


def types_there(
    python: Path, function: DeployedFunction, code: Path, sources: Sources, port: int
) -> TypesThere:
    """Import the task modules of a function's code, in a process of their own.

    Args:
        python: The interpreter that runs the functions.
        code: The folder of its code.
        sources: Where the code was copied from, for the place of an error.
    """
    name = physical_name(aws_client("cloudformation", port), function)
    found = aws_client("lambda", port).get_function_configuration(FunctionName=name)
    variables = found.get("Environment", {}).get("Variables", {})
    folders = [code, *(layer / "python" for layer in function.layers)]
    environment = {
        **without_cloud(),
        **for_clients(port),
        **variables,
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": name,
    }
    try:
        ended = subprocess.run(
            [str(python), str(REPORTER), str(code)],
            env=environment,
            cwd=code,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return TypesThere(function.stack, error=f"the task modules took more than {SECONDS} s")
    return _of_report(function.stack, ended, sources)


def workers_among(functions: Sequence[DeployedFunction]) -> list[DeployedFunction]:
    """One function of each stack that runs tasks; pools have the same modules."""
    workers = {
        each.stack: each for each in functions if each.handler.startswith("taskmill.handlers.work.")
    }
    return list(workers.values())


def _of_report(stack: str, ended: subprocess.CompletedProcess[str], sources: Sources) -> TypesThere:
    try:
        found = json.loads(ended.stdout)
    except ValueError:  # it ended in another way, as by os._exit in a module
        last = (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1]
        return TypesThere(stack, error=f"the task modules cannot be imported: {last}")
    if "error" not in found:
        return TypesThere(stack, types=found["types"])
    file, line = found.get("file"), found.get("line")
    place = f"{_shown(sources.get(file, file))}:{line}" if file else ""
    return TypesThere(stack, error=found["error"], place=place)


def _shown(path: str) -> str:
    """A path relative to this folder where it lies below it."""
    return (
        str(Path(path).relative_to(Path.cwd())) if Path(path).is_relative_to(Path.cwd()) else path
    )
