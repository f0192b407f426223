"""What the tasks of one tenant do never changes the outcome of another tenant's tasks."""

from collections import Counter
from typing import Any

import flow_tasks
import leaking_tasks
import pytest
import raising_tasks
from clouds import get

from taskmill.model.keys import TaskKey
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud

MODULES = ["raising_tasks", "leaking_tasks", "flow_tasks"]
WAYS = {"the Lambda worker": {}, "a consumer": {"TASKMILL_RUNNER": "container"}}
# Types and inputs of a careless tenant: they raise, exit, leak, hang, and kill their worker.
CARELESS = [
    *(("raises", name) for name in raising_tasks.RAISED),
    *(("raises-async", name) for name in raising_tasks.RAISED),
    *(("leaks", what) for what in leaking_tasks.LEAKS),
    *(("group", names) for names in (["abort"], ["value", ["base"]])),
    *(("swallows-the-limit", None), ("endless-text", None), ("own-policy", None)),
    ("dies", 1),
]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_hundred_careless_tasks_change_nothing_for_a_hundred_others(
    way: dict[str, str], seed: int
) -> None:
    flow_tasks.RUNS.clear()
    raising_tasks.RUNS.clear()
    chaos = Chaos(seed=seed)
    with InProcessCloud(modules=MODULES, environment=way, chaos=chaos) as cloud:
        careless = [CARELESS[number % len(CARELESS)] for number in range(100)]
        theirs, ours = [], []
        for number, (task_type, value) in enumerate(careless):
            other = "fine" if number % 2 else "fine-async"
            for tenant, kind, given, keys in (
                ("careless", task_type, value, theirs),
                ("other", other, number, ours),
            ):
                task = CreateTask(tenant_code=tenant, task_type=kind, input=given)
                keys.append(cloud.service.create_task(task=task).key)

        cloud.run()

        ends = [get(cloud, key) for key in ours]
        assert Counter(each.status for each in ends) == {"COMPLETED": 100}
        assert [each.attributes["result"] for each in ends] == list(range(100))
        # At most one attempt more: a worker that is killed takes those with it that it had begun.
        assert {each.attempts for each in ends} <= {1, 2}
        assert {get(cloud, key).status for key in theirs} <= {"COMPLETED", "FAILED"}
        assert not [each for each in errors(cloud, theirs) if each["type"] == "AttemptsSpent"]


def errors(cloud: InProcessCloud, keys: list[TaskKey]) -> list[Any]:
    found = [get(cloud, key).attributes.get("error") for key in keys]
    return [each for each in found if each]
