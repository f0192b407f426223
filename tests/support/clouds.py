"""Short ways to put tasks into an in-process cloud and to read what became of them."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from taskmill.model.keys import TaskKey
from taskmill.models import CreateStepFunctionTask, CreateTask, Task
from taskmill.testing import InProcessCloud

TENANT = "mbc"


def submit(cloud: InProcessCloud, task_type: str, value: Any = None, **options: Any) -> TaskKey:
    task = CreateTask(tenant_code=TENANT, task_type=task_type, input=value, **options)
    return cloud.service.create_task(task=task).key


def fan_out(
    cloud: InProcessCloud, task_type: str, elements: Sequence[Any], **options: Any
) -> TaskKey:
    task = CreateStepFunctionTask(
        tenant_code=TENANT, task_type=task_type, input=list(elements), **options
    )
    return cloud.service.create_step_function_task(task=task).key


def get(cloud: InProcessCloud, key: TaskKey) -> Task:
    return cloud.service.get_task(key=key)


def result(cloud: InProcessCloud, key: TaskKey) -> Any:
    """A task's result, fetched from the bucket when it is there."""
    row = cloud.wiring.tasks.get(key)
    ref = row.attributes.get("resultRef")
    if ref is None:
        return get(cloud, key).attributes["result"]
    return json.loads(cloud.wiring.payloads.get(ref))


def statuses(cloud: InProcessCloud, key: TaskKey) -> list[str]:
    return [str(each.status) for each in cloud.service.get_all_sub_task(key=key)]


def outcome(cloud: InProcessCloud, key: TaskKey) -> list[tuple[Any, ...]]:
    """What a task and its subtasks came to: status, attempts, counts, result, error."""
    rows = [get(cloud, key)]
    if rows[0].child_count:
        rows += cloud.service.get_all_sub_task(key=key)
    return [
        (
            each.index,
            str(each.status),
            each.attempts,
            each.attributes.get("counts"),
            each.attributes.get("result"),
            (each.attributes.get("error") or {}).get("type"),  # type: ignore[union-attr]
        )
        for each in rows
    ]


def results_stored(cloud: InProcessCloud) -> Counter[str]:
    """How often each row was given a result, by its stored key: from the table's own stream."""
    stored: Counter[str] = Counter()
    for record in cloud.stream.seen:
        before, after = (
            record["dynamodb"].get(image, {}).get("attributes", {}).get("M", {})
            for image in ("OldImage", "NewImage")
        )
        for name in ("result", "resultRef"):
            if name in after and before.get(name) != after[name]:
                keys = record["dynamodb"]["Keys"]
                stored[f"{keys['pk']['S']}/{keys['sk']['S']}"] += 1
    return stored
