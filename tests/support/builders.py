"""`any_x()`: valid things of which a test names only what matters to it, and what draws many."""

import itertools
import operator
import secrets
import string
from typing import Any

from hypothesis import strategies as st

from taskmill.aws.dynamodb.codec import encode_item
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.batch_row import BATCH_ROW, BatchRow
from taskmill.model.rows.row_change import Row
from taskmill.model.rows.schedule_row import ScheduleRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.models import CreateStepFunctionTask, CreateTask
from taskmill.testing import InProcessCloud

NOW = 1_770_000_000_000  # epoch ms
_counter = itertools.count()

LETTERS = string.ascii_letters + string.digits
NAMES = st.builds(operator.add, st.sampled_from(LETTERS), st.text(LETTERS + "._-", max_size=63))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False).filter(
        lambda number: number == 0 or 1e-100 < abs(number) < 1e100
    )
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), inner, max_size=4
        )
    ),
    max_leaves=12,
)
TASK_KEYS = st.builds(TaskKey, st.sampled_from(Kind), NAMES, NAMES, NAMES)
SUBTASK_KEYS = st.builds(
    TaskKey, st.just(Kind.SFN_TASK), NAMES, NAMES, NAMES, st.integers(0, 999_999)
)
KEYS = TASK_KEYS | SUBTASK_KEYS


def any_tenant() -> str:
    """A tenant that no other test uses, so that tests can share a cloud."""
    return f"tenant-{next(_counter)}-{secrets.token_hex(3)}"


def any_code() -> str:
    return f"code-{next(_counter):06}"


def any_key(**fields: Any) -> TaskKey:
    known = {"kind": Kind.TASK, "tenant": any_tenant(), "type": "export", "code": any_code()}
    return TaskKey(**{**known, **fields})


def any_fan_out_key(**fields: Any) -> TaskKey:
    return any_key(kind=Kind.SFN_TASK, **fields)


def any_row(**fields: Any) -> TaskRow:
    """A task just stored, unless told otherwise."""
    known: dict[str, Any] = {"status": Status.CREATED, "created_at": NOW, "updated_at": NOW}
    known["key"] = fields.get("key") or any_key()
    known["history"] = ((str(fields.get("status", Status.CREATED)), NOW, 0),)
    return TaskRow(**{**known, **fields})


def any_batch(**fields: Any) -> BatchRow:
    from taskmill.model.keys import BatchKey

    key = BatchKey(any_fan_out_key(), 0)
    known = {"key": key, "status": Status.STARTED, "first": 0, "last": 9, "fence": "f"}
    return BatchRow(**{**known, **fields})


def any_schedule(**fields: Any) -> ScheduleRow:
    known = {"tenant": any_tenant(), "name": "nightly", "task_type": "export", "input": "null"}
    known |= {"expression": "rate(1 hour)", "created_at": NOW, "updated_at": NOW}
    return ScheduleRow(**{**known, **fields})


def any_task(**fields: Any) -> CreateTask:
    return CreateTask(**{"tenant_code": any_tenant(), "task_type": "export", **fields})


def any_fan_out(**fields: Any) -> CreateStepFunctionTask:
    known = {"tenant_code": any_tenant(), "task_type": "export", "input": [1, 2, 3]}
    return CreateStepFunctionTask(**{**known, **fields})


def typed(row: TaskRow | ScheduleRow) -> dict[str, Any]:
    """A task or a schedule as an image of a stream record."""
    return encode_item(row.to_values())


def typed_batch(row: BatchRow) -> dict[str, Any]:
    values = {"pk": row.key.stored.pk, "sk": row.key.stored.sk, "row": BATCH_ROW}
    for name in ("status", "first", "last", "fence", "counts"):
        values[name] = getattr(row, name)
    for name in ("told", "tell", "counted", "run", "since"):
        if value := getattr(row, name):
            values[name] = value
    return encode_item(values)


def record(old: Row | None, new: Row | None) -> dict[str, Any]:
    """A stream record of this change."""
    images = {}
    for name, row in (("OldImage", old), ("NewImage", new)):
        if row is not None:
            images[name] = typed_batch(row) if isinstance(row, BatchRow) else typed(row)
    event = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    return {"eventName": event, "eventSource": "aws:dynamodb", "dynamodb": images}


def stored(cloud: InProcessCloud, **fields: Any) -> TaskRow:
    """A row that is in the cloud's table, written by hand."""
    row = any_row(**fields)
    cloud.wiring.tasks.put(row)
    return row


def raw(cloud: InProcessCloud, key: TaskKey) -> dict[str, Any] | None:
    """A row's attributes as the table holds them."""
    return cloud.wiring.table.get(key.stored)


def held(cloud: InProcessCloud, **fields: Any) -> TaskRow:
    """A task that a worker holds for another minute."""
    known = {"status": Status.STARTED, "fence": "held", "attempts": 1}
    return stored(cloud, **{**known, "lease_until": cloud.now + 60_000, **fields})


def sqs_event(*bodies: str, receives: int = 1) -> dict[str, Any]:
    """A delivery of messages `m0`, `m1`, …"""
    return {"Records": [sqs_record(f"m{n}", body, receives) for n, body in enumerate(bodies)]}


def sqs_record(message_id: str, body: str, receives: int = 1) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": f"receipt-{message_id}",
        "body": body,
        "eventSource": "aws:sqs",
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }
