"""Short ways to put tasks into an in-process cloud and to read what became of them."""

from collections.abc import Sequence
from typing import Any

from taskmill.keys import TaskKey
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
    import json

    return json.loads(cloud.wiring.payloads.get(ref))


def statuses(cloud: InProcessCloud, key: TaskKey) -> list[str]:
    return [str(each.status) for each in cloud.service.get_all_sub_task(key=key)]


def final_rows(cloud: InProcessCloud) -> dict[tuple[str, str], dict[str, Any]]:
    """What every row says in the end, without what may differ between two runs.

    Times, fences and versions depend on the order of delivery; outcomes do not.
    """
    client = cloud.wiring.table.client
    pages = client.scan(TableName="tasks", ConsistentRead=True)
    from taskmill.store.codec import decode_item

    rows = {}
    for item in pages["Items"]:
        values = decode_item(item)
        attributes = dict(values.get("attributes", {}))
        attributes.pop("resultRef", None)
        rows[values["pk"].partition("#")[0], _without_code(values)] = {
            "status": values.get("status"),
            "attributes": attributes,
            "counts": values.get("counts"),
            "attempts": values.get("attempts"),
        }
    return rows


def _without_code(values: dict[str, Any]) -> str:
    return f"{values.get('row')} {values.get('name', '')} {values['sk'].rpartition('#')[0]}" + (
        values["sk"] if "#" not in values["sk"] else ""
    )
