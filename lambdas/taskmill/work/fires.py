"""Fires of recurring schedules: each submits one task, however often its message arrives."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from taskmill.aws.dynamodb.schedules import ScheduleStore
from taskmill.aws.s3.inputs import with_input
from taskmill.aws.s3.payloads import PayloadStore
from taskmill.aws.starts import Starts
from taskmill.functions.registry import Registry
from taskmill.model.clock import Clock, now_ms, to_ms
from taskmill.model.correlation import correlation
from taskmill.model.derived_codes import timed_code
from taskmill.model.errors import (
    InvalidInput,
    InvalidKey,
    InvalidRequest,
    TaskExists,
    UnknownPool,
    UnreadableMessage,
)
from taskmill.model.flow_control.conflicts import CANCEL
from taskmill.model.flow_control.holds import BY_SCHEDULE
from taskmill.model.keys import Kind, TaskKey, schedule_key
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.rows.schedule_row import ScheduleRow
from taskmill.model.rows.task_row import DEFAULT_NOTIFY, TaskRow
from taskmill.model.statuses import Status
from taskmill.model.task_settings import TaskSettings
from taskmill.model.time_bounds import bounds
from taskmill.work.admission.one_at_a_time import OneAtATime
from taskmill.work.triggers.refused_rows import refused_row

_PREFIX = "SCHEDULE#"
ON_OVERLAP = {"skip": "existing", "one": "coalesce", "cancel": CANCEL}
_MALFORMED = (
    *(ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError),
    InvalidKey,
)


@dataclass(frozen=True, slots=True)
class Fire:
    """One due time of a recurring schedule.

    Attributes:
        name: The schedule's.
        at: The due time in epoch milliseconds.
    """

    tenant: str
    name: str
    at: int

    @property
    def code(self) -> str:
        """The code of its task, which follows from the due time."""
        return timed_code(self.at, "schedule", self.tenant, self.name, self.at)

    @classmethod
    def in_body(cls, body: str) -> Self | None:
        """The fire in the body of a work-queue message; None: the message is about a task.

        Raises:
            UnreadableMessage: The body has no valid schedule key or no valid time.
        """
        if _PREFIX not in body:
            return None  # the usual case, a task's key: parsed once, by the caller
        try:
            message = json.loads(body)
            pk, name, at = (message[field] for field in ("pk", "sk", "at"))
            key = schedule_key(pk.removeprefix(_PREFIX), name)
            return cls(key.pk.removeprefix(_PREFIX), key.sk, to_ms(datetime.fromisoformat(at)))
        except _MALFORMED as error:
            raise UnreadableMessage(
                f"the message is not a schedule fire: {error}", field="body"
            ) from None


@dataclass(frozen=True, kw_only=True)
class Fires:
    """Submits the tasks of recurring schedules."""

    schedules: ScheduleStore
    starts: Starts
    one_at_a_time: OneAtATime
    payloads: PayloadStore
    registry: Registry
    logger: Any
    clock: Clock = now_ms

    def submit(self, fire: Fire) -> None:
        """Store the task of a fire, unless it is stored already, or the schedule is paused or gone.

        The task's code is derived from the fire, so a repeated message stores nothing new. Where
        the task of an earlier fire stands for it, a tombstone is stored in place of a task.
        """
        fields = {"tenant": fire.tenant, "schedule": fire.name, "at": fire.at}
        schedule = self.schedules.get(fire.tenant, fire.name)
        if schedule is None or schedule.state != "ENABLED":
            self.logger.info("fire of a schedule that is off", **fields)
            return
        row = self.row(schedule, fire)
        try:
            stored = put_fired(self.starts, self.one_at_a_time, row, schedule)
        except TaskExists:
            self.logger.info("fired before", key=str(row.key), **fields)
            return
        known = {**correlation(row), "key": str(row.key), **fields}
        if stored.key == row.key:
            self.logger.info("fired", **known)
        else:  # so it is decided: its message may come again when the other task has ended
            self.starts.tasks.bury(row.key, f"not fired: {stored.key.code} stands")
            self.logger.info("not fired: another task stands", stands=str(stored.key), **known)

    def row(self, schedule: ScheduleRow, fire: Fire) -> TaskRow:
        """The row of a fire's task, with its input."""
        settings = self.registry.settings(schedule.task_type)
        value = input_of(self.registry, schedule)
        return with_input(
            self.payloads,
            self._runnable(fired_row(schedule, fire, settings=settings, now=self.clock()), value),
            value,
            hidden=self.registry.hides_input(schedule.task_type),
        )

    def _runnable(self, row: TaskRow, value: Any) -> TaskRow:
        """The row of a task that runs in its type's pool and under its type's limits.

        If there is no such pool, or the limits cannot be told of the input, it has FAILED: no
        worker could run it, and nobody is there to be refused.
        """
        try:
            settings = self.registry.settings_of_new(row.key.type)
            row = self.registry.limited(row, value)
        except (UnknownPool, InvalidRequest) as refused:
            days = self.starts.tasks.retention_days
            return refused_row(row, refused, now=self.clock(), days=days)
        if settings.pool is None:
            return row
        return row.but(pool=settings.pool, runner=settings.runner, priority=None)


def put_fired(
    starts: Starts, one_at_a_time: OneAtATime, row: TaskRow, schedule: ScheduleRow
) -> TaskRow:
    """Store the task of a fire, as the schedule's overlap policy has it.

    Returns:
        The row as it is stored, or that of the task of an earlier fire that stands for it.

    Raises:
        TaskExists: A task with this key exists.
    """
    on_conflict = ON_OVERLAP.get(schedule.overlap or "")
    if on_conflict is None or row.ended:
        return starts.put(row)
    held = row.but(unique=f"{BY_SCHEDULE}:{schedule.name}")
    return one_at_a_time.put(held, on_conflict=on_conflict)


def jittered(schedule: ScheduleRow, at: int) -> int:
    """When the task of a due time is to start, in epoch ms: the same whenever it is asked."""
    if not schedule.jitter_seconds:
        return at
    chance = zlib.crc32(f"{schedule.tenant}#{schedule.name}#{at}".encode())
    return at + chance % (schedule.jitter_seconds * 1000 + 1)


def input_of(registry: Registry, schedule: ScheduleRow) -> Any:
    """The input of a schedule's tasks: JSON, or `LEFT_OUT`."""
    if schedule.input is None:
        return LEFT_OUT
    value = json.loads(schedule.input)
    return LEFT_OUT if value is None and _refuses_null(registry, schedule.task_type) else value


def _refuses_null(registry: Registry, task_type: str) -> bool:
    """Whether a stored null can only stand for an input that was left out.

    Schedules stored by versions before `LEFT_OUT` have a null where none was given.
    """
    try:
        registry.check_input(task_type, None)
    except InvalidInput:
        return True
    except Exception:  # noqa: BLE001  # the attempt raises and stores it
        return False
    return False


def fired_row(
    schedule: ScheduleRow,
    fire: Fire,
    *,
    settings: TaskSettings,
    now: int,
    since: int | None = None,
) -> TaskRow:
    """The row of a fire's task, still without its input.

    Args:
        settings: Of its type.
        now: When it is made, in epoch ms.
        since: From when its expiry and deadline count, in epoch ms; None: the due time.
    """
    since = fire.at if since is None else since
    priority = schedule.priority or settings.priority
    start = jittered(schedule, fire.at)
    timed = bounds(schedule, settings, since=since)
    if any(timed.values()):
        timed["timed_from"] = since
    return TaskRow(
        key=TaskKey(Kind.TASK, fire.tenant, schedule.task_type, fire.code),
        status=Status.CREATED,
        name=schedule.task_name or schedule.task_type,
        callbacks=tuple(dict.fromkeys((*settings.callbacks, *schedule.callbacks))),
        schedule=schedule.name,
        log_ids=schedule.log_ids,
        runner=settings.runner,
        priority=None if priority == "normal" else priority,
        notify=schedule.notify or DEFAULT_NOTIFY,
        created_at=now,
        updated_at=now,
        created_by=schedule.created_by,
        created_ip=schedule.created_ip,
        request_id=schedule.request_id,
        run_at=start if start > now else None,
        history=((Status.CREATED, now, 0),),
    ).but(**timed)
