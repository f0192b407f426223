"""The results of a fan-out as JSON Lines, a line per subtask in the order of the inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskmill.cli.call import Call
from taskmill.model.statuses import Status

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import Task

PAGE_SIZE = 500  # subtasks in memory at a time


@dataclass
class FanOutResults:
    """Reads the results of a fan-out, a page of subtasks at a time.

    Args:
        reveal: Show secrets in the clear.
        whole: A line is an object with index, status and result or error; else it is the result,
            or null for a subtask without one.
    """

    client: TaskClient
    task: Task
    whole: bool = False
    reveal: bool = False
    missing: int = field(default=0, init=False)

    def lines(self) -> Iterator[Any]:
        """The value of each line. `missing` counts subtasks without a result, so far."""
        for subtask in self.client.subtasks(self.task, page_size=PAGE_SIZE):
            completed = subtask.status is Status.COMPLETED
            self.missing += not completed
            result = self._result(subtask) if completed else None
            if not self.whole:
                yield result
            elif completed:
                yield {"index": subtask.index, "status": subtask.status, "result": result}
            else:
                error = subtask.attributes.get("error")
                yield {"index": subtask.index, "status": subtask.status, "error": error}

    def _result(self, subtask: Task) -> Any:
        if self.reveal or "resultRef" in subtask.attributes:
            return self.client.result(subtask, reveal=self.reveal)
        return subtask.attributes.get("result")


def print_results(
    call: Call, client: TaskClient, task: Task, *, file: Path | None = None, reveal: bool = False
) -> None:
    """Print the results of a fan-out that has ended, or write them to a file."""
    results = FanOutResults(client, task, whole=call.output.as_json and file is None, reveal=reveal)
    call.output.json_lines(results.lines(), file)
    if results.missing:
        one = results.missing == 1
        who = "1 subtask has" if one else f"{results.missing:,} subtasks have"
        null = "" if results.whole else f", and null in {'its' if one else 'their'} line"
        look = f"{call.command('subtasks', task)} --status failed"
        call.output.note(f"{who} no result{null}: {look}")


def check_writable(file: Path) -> None:
    """Refuse a file that cannot be written, before the work for it begins.

    Raises:
        UnreadableInput: It cannot be.
    """
    from taskmill.client.errors import UnreadableInput

    try:
        file.open("a").close()
    except OSError as error:
        raise UnreadableInput(f"cannot write {file}: {error.strerror}") from None
