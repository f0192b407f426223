"""OpenAPI links: which operations take what an answer names, such as a cancel the task just made.

Generated clients show them, and tools that test an API go on from one answer to the next request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TENANT = {"tenant": "$request.path.tenant"}
_TASK = {**_TENANT, "type": "$response.body#/type", "code": "$response.body#/code"}
_OF_ANSWER: Mapping[str, Mapping[str, str]] = {  # noun -> the path parameters that an answer gives
    "task": _TASK,
    "step_function_task": _TASK,
    "schedule": {**_TENANT, "name": "$response.body#/name"},
    "callback": {**_TENANT, "id": "$response.body#/id"},
}
_GIVES = frozenset({"submit", "get", "put", "update", "cancel", "retry", "pause", "resume"})
"""Verbs of the operations whose answer is one task, schedule or callback mapping."""
_NOUNS = sorted(_OF_ANSWER, key=len, reverse=True)  # a step_function_task is no task


def add_links(paths: Mapping[str, Mapping[str, Any]]) -> None:
    """Add links to the operations of a document, in place."""
    operations = [
        (path, each["operationId"], each)
        for path, methods in paths.items()
        for each in methods.values()
    ]
    for _, name, operation in operations:
        noun, verb = _parts(name)
        if verb not in _GIVES:
            continue
        targets = dict(_targets(noun, [(path, other) for path, other, _ in operations]))
        for status, answer in operation["responses"].items():
            if status < "300":
                answer["links"] = targets


def _targets(noun: str, operations: list[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    """Name and link of each operation whose path takes just what an answer gives."""
    parameters = _OF_ANSWER[noun]
    for path, name in operations:
        taken = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        if _parts(name)[0] == noun and taken == parameters.keys():
            yield name, {"operationId": name, "parameters": dict(parameters)}


def _parts(operation_id: str) -> tuple[str, str]:
    """Noun and verb: `step_function_task_get` → ("step_function_task", "get")."""
    noun = next((each for each in _NOUNS if operation_id.startswith(f"{each}_")), "")
    return noun, operation_id.removeprefix(f"{noun}_")
