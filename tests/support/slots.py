"""What gates count, what rows hold, and whether both are as they must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clouds import TENANT

from taskmill.aws.dynamodb.codec import decode_row
from taskmill.model.flow_control.admission import HOLDING
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud


def submit_all(
    cloud: InProcessCloud, task_type: str, inputs: Sequence[object], tenant: str = TENANT
) -> list[TaskKey]:
    tasks = [CreateTask(tenant_code=tenant, task_type=task_type, input=each) for each in inputs]
    keys: list[TaskKey] = []
    for start in range(0, len(tasks), 100):
        made = cloud.service.create_tasks(tasks=tasks[start : start + 100])
        keys += [each.key for each in made]
    return keys


def rows_of(cloud: InProcessCloud) -> list[dict[str, object]]:
    return [decode_row(item) for item in cloud.table.items()]


def tasks_of(cloud: InProcessCloud) -> list[TaskRow]:
    rows = rows_of(cloud)
    return [TaskRow.from_values(each) for each in rows if each["row"] in ("TASK", "SFN_TASK")]


def held(cloud: InProcessCloud) -> dict[str, int]:
    """Slots that are held of each limit, as the gates count them."""
    gates = [each for each in rows_of(cloud) if each["row"] == "GATE"]
    counted = {f"{each['tenant']}#{each['name']}#{each['key']}": each["held"] for each in gates}
    return {name: int(str(count)) for name, count in counted.items() if count}


def held_by_rows(cloud: InProcessCloud) -> dict[str, int]:
    """Slots that are held of each limit, as the tasks have them."""
    slots: Counter[str] = Counter()
    for row in tasks_of(cloud):
        for gate, _ in row.gates:
            slots[gate] += row.slots or 0
    return {gate: count for gate, count in slots.items() if count}


def waiters(cloud: InProcessCloud) -> set[tuple[str, str]]:
    """Partition and place of each waiter row."""
    rows = rows_of(cloud)
    return {(str(each["pk"]), str(each["sk"])) for each in rows if each["row"] == "WAITER"}


def check_counts(cloud: InProcessCloud, limits: dict[str, int] | None = None) -> None:
    """Must be so in every state: gates count what rows hold, and nobody waits without a row."""
    counted = held(cloud)
    assert counted == held_by_rows(cloud)
    for gate, limit in (limits or {}).items():
        assert counted.get(gate, 0) <= limit, (gate, counted)
    parked = {
        (LimitId.from_text(row.gate or "").waiters, row.waiter or "")
        for row in tasks_of(cloud)
        if row.status is Status.PARKED
    }
    assert parked <= waiters(cloud)


def check_rest(cloud: InProcessCloud) -> None:
    """Must be so when nothing is under way: slots are held only by those that may, none waits."""
    check_counts(cloud)
    for row in tasks_of(cloud):
        assert row.slots is None or row.status in HOLDING, (row.key, row.status)
        assert row.status is not Status.PARKED, (row.key, row.gate)
    assert not waiters(cloud)


def deliver(cloud: InProcessCloud) -> None:
    """Deliver the stream's records, and no message."""
    while cloud.stream.pending():
        cloud.deliver_records()
