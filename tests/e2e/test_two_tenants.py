"""Two tenants on the deployed stack's worker, which one of them does everything to harm."""

import uuid
from pathlib import Path
from typing import Any

from amounts import amount
from deployed import ended

from taskmill.client import TaskClient
from taskmill.models import NewTask

EACH = amount(30, fuzz=100)
HOWS = ["raises", "exits", "cancels", "interrupts", "leaks", "hangs"]
KILLERS = 3


def test_tasks_that_raise_exit_hang_leak_and_kill_change_nothing_for_another_tenant(
    outputs_file: Path, client: TaskClient
) -> None:
    hostile = [HOWS[number % len(HOWS)] for number in range(EACH - KILLERS)] + ["kills"] * KILLERS
    ill: list[Any] = []
    well: list[Any] = []
    with TaskClient.from_outputs(outputs_file, tenant=f"h-{uuid.uuid4().hex[:12]}") as other:
        for start in range(0, EACH, 10):
            span = range(start, min(start + 10, EACH))
            ill += other.submit_many(
                [NewTask(task_type="hostile", input=hostile[number]) for number in span]
            )
            well += client.submit_many([NewTask(task_type="peaceful", input=n) for n in span])

        for number, task in enumerate(well):
            end = ended(client, task, seconds=120)
            assert (end.status, end.attributes["result"]) == ("COMPLETED", [number, None])
            assert end.attempts <= 2  # one is lost beside a killer at most
        for how, task in zip(hostile, ill, strict=True):
            end = ended(other, task, seconds=120)
            assert end.status == ("COMPLETED" if how == "leaks" else "FAILED"), how
            if how not in ("leaks", "kills"):
                assert end.attributes["error"]["type"] == ERRORS[how]


ERRORS = {
    "raises": "ValueError",
    "exits": "SystemExit",
    "cancels": "CancelledError",
    "interrupts": "KeyboardInterrupt",
    "hangs": "TaskTimeout",
}
