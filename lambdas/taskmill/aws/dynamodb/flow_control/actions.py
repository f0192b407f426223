"""What limits of concurrency do to rows, as actions of transactions."""

from __future__ import annotations

from typing import Any

from taskmill.aws.dynamodb.codec import encode, encode_item
from taskmill.aws.dynamodb.expressions import UpdateRequest
from taskmill.aws.dynamodb.table import Table
from taskmill.model.flow_control.admission import GIVES_BACK
from taskmill.model.flow_control.limit_ids import GATE_ROW, WAITER_ROW, LimitId
from taskmill.model.keys import StoredKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

Action = dict[str, Any]
OUTSIDE = "outside"  # in place of a claim's fence: the task has begun, though no worker claimed it
_NAMES = {name: name.removeprefix("#") for name in ("#row", "#name", "#key", "#ttl", "#version")}
_KNOWN = "#row = :row, tenant = :tenant, #name = :name, #key = :key"


def admitted(table: Table, row: TaskRow, slots: int, now: int) -> Action:
    """The task is QUEUED with so many slots, if it is as it was read."""
    request = _moved(row, Status.QUEUED, now)
    request.set("slots", slots)
    request.refuse_any("slots")
    return request.action(table, row.key.stored)


def parked(table: Table, row: TaskRow, gate: LimitId, place: str, now: int) -> list[Action]:
    """The task waits at this gate, if it is as it was read: PARKED, with a waiter row."""
    request = _moved(row, Status.PARKED, now)
    request.set("gate", str(gate))
    request.set("waiter", place)
    request.refuse_any("slots")
    return [request.action(table, row.key.stored), waiter_put(table, row, gate, place, now)]


def unparked(table: Table, row: TaskRow, slots: int | None, now: int) -> list[Action]:
    """The task waits no longer, if it does as it was read: CREATED, perhaps with slots."""
    request = _moved(row, Status.CREATED, now)
    request.require("waiter", row.waiter)
    if slots is not None:
        request.set("slots", slots)
    request.remove("gate")
    request.remove("waiter")
    return [request.action(table, row.key.stored), waiter_gone(table, row)]


def waits_at(table: Table, row: TaskRow, gate: LimitId, place: str, now: int) -> list[Action]:
    """The task waits at another gate than before, if it is as it was read."""
    return [waiter_gone(table, row), *parked(table, row, gate, place, now)]


def released(table: Table, row: TaskRow) -> Action:
    """The task has no slots any more, if it has those and may not keep them.

    Its version stays: nothing that is decided by the version depends on slots, and what is decided
    here depends on nothing else.
    """
    request = UpdateRequest()
    request.remove("slots")
    request.require("slots", row.slots)
    request.require_status(sorted(GIVES_BACK))
    return request.action(table, row.key.stored)


def gate_taken(table: Table, gate: LimitId, slots: int, limit: int) -> Action:
    """So many slots more are held, if that is within the limit; the row is made if need be."""
    return _gate(
        table,
        gate,
        f"SET {_KNOWN}, held = if_not_exists(held, :zero) + :slots REMOVE #ttl ADD #version :one",
        "attribute_not_exists(held) OR held <= :most",
        {"zero": 0, "slots": slots, "most": limit - slots},
    )


def gate_given(table: Table, gate: LimitId, slots: int, *, held: int, expires: int) -> Action:
    """So many slots fewer are held; a row without any expires, in epoch s, unless it is used.

    Args:
        held: As it was read; whether the last slot is given back must still be so.
    """
    if held > slots:
        return _gate(
            table,
            gate,
            f"SET {_KNOWN}, held = held + :less ADD #version :one",
            "held > :slots",
            {"slots": slots, "less": -slots},
        )
    return _gate(
        table,
        gate,
        f"SET {_KNOWN}, held = :zero, #ttl = :expires ADD #version :one",
        "attribute_not_exists(held) OR held <= :slots",
        {"slots": slots, "zero": 0, "expires": expires},
    )


def gate_kept(table: Table, gate: LimitId) -> Action:
    """The row of a gate at which somebody waits is there, and does not expire."""
    return _gate(
        table,
        gate,
        f"SET {_KNOWN}, held = if_not_exists(held, :zero) REMOVE #ttl ADD #version :one",
        "attribute_not_exists(held) OR attribute_exists(#ttl)",
        {"zero": 0},
    )


def waiter_put(table: Table, row: TaskRow, gate: LimitId, place: str, now: int) -> Action:
    """A waiter row of the task, which gets the next version with the same transaction."""
    values = {
        **StoredKey(gate.waiters, place)._asdict(),
        "row": WAITER_ROW,
        "task": str(row.key),
        "version": row.version + 1,
        "since": now,
    }
    return {"Put": {"TableName": table.name, "Item": encode_item(values)}}


def waiter_gone(table: Table, row: TaskRow) -> Action:
    """The waiter row of a PARKED task is deleted, which may be gone already."""
    key = StoredKey(LimitId.from_text(row.gate or "").waiters, row.waiter or "")
    return {"Delete": {"TableName": table.name, "Key": encode_item(key._asdict())}}


def _moved(row: TaskRow, status: Status, now: int) -> UpdateRequest:
    """The task enters a status, if it is as it was read."""
    request = UpdateRequest()
    request.set("status", status)
    request.set("updatedAt", now)
    request.set("version", row.version + 1)
    request.set("history", row.history_with(status, now))
    request.remove("retryAt")
    if row.has_begun and row.fence is None:  # as was reported from outside: no worker has this one
        request.set("fence", OUTSIDE)
    request.require("version", row.version)
    request.require("status", row.status)
    return request


def _gate(
    table: Table, gate: LimitId, expression: str, condition: str, values: dict[str, Any]
) -> Action:
    known = {"row": GATE_ROW, "tenant": gate.tenant, "name": gate.name, "key": gate.key, "one": 1}
    used = f"{expression} {condition}"
    return {
        "Update": {
            "TableName": table.name,
            "Key": encode_item(gate.gate._asdict()),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {
                name: each for name, each in _NAMES.items() if name in used
            },
            "ExpressionAttributeValues": {
                f":{name}": encode(each) for name, each in (known | values).items()
            },
        }
    }
