"""Many callers at once on the deployed stack: no 5xx, and every task comes to an end."""

import itertools
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from amounts import amount
from deployed import call, ended, eventually
from status_moves import is_legal

from taskmill.client import TaskClient
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import is_fan_out
from taskmill.model.statuses import FINAL, Status
from taskmill.models import NewTask

REQUESTS, CALLERS = amount(150, fuzz=1_000), 6
REPORTS = ["STARTED", "PROCESSING", "FINISHED", "ERRORED", "COMPLETED", "FAILED", "CANCELLED"]


@dataclass
class Callers:
    """Cancel, retry and report the same tasks, each in a thread of its own.

    Attributes:
        answers: How often each status code came.
        unexpected: Answers that are neither "done" nor "refused for its status".
    """

    client: TaskClient
    keys: Sequence[TaskKey]
    answers: Counter[int] = field(default_factory=Counter)
    unexpected: list[Any] = field(default_factory=list)

    def run(self) -> None:
        threads = [threading.Thread(target=self._act, args=(seed,)) for seed in range(CALLERS)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def _act(self, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311  # an order, no secret
        for _ in range(REQUESTS // CALLERS):
            key = chance.choice(self.keys)
            kind = "step-function-tasks" if is_fan_out(key) else "tasks"
            path, what = f"{kind}/{key.type}/{key.code}", chance.choice(["cancel", "retry", ""])
            method, body = ("POST", None) if what else ("PATCH", {"status": chance.choice(REPORTS)})
            answer = call(self.client, method, f"{path}/{what}".rstrip("/"), body)
            self.answers[answer.status_code] += 1
            if answer.status_code not in (200, 409):
                self.unexpected.append((what or body, answer.status_code, answer.text))


def test_callers_who_cancel_retry_and_report_at_once_are_answered_and_all_ends(
    client: TaskClient,
) -> None:
    flaky = [NewTask(task_type="flaky", input=number % 3) for number in range(12)]
    # These wait for an hour, however quick the workers are: the first cancel or report that reaches
    # one of them is legal.
    waiting = [NewTask(task_type="flaky", input=0, delay_seconds=3_600) for _ in range(12)]
    keys = [task.key for task in client.submit_many([*flaky, *waiting])]
    maps = [client.map("odd-fails", range(20), batch_size=5).key for _ in range(4)]
    callers = Callers(client, [*keys, *maps])

    callers.run()

    assert not callers.unexpected
    assert callers.answers[200] > 10
    for key in keys[len(flaky) :]:  # nobody else would end what was reported to run
        call(client, "POST", f"tasks/{key.type}/{key.code}/cancel", None)
    for key in callers.keys:
        task = ended(client, key, seconds=90)
        steps = [Status(each.status) for each in task.history]
        assert all(is_legal(*each) for each in itertools.pairwise(steps))
    for key in maps:
        eventually(lambda key=key: {each.status for each in client.subtasks(key)} <= FINAL)
