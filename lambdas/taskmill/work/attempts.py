"""One attempt: fetch the input, run the task code within its timeout, return the outcome."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from taskmill.aws.s3.expiry import naming
from taskmill.aws.s3.payloads import PayloadStore
from taskmill.functions.context import Look, Report, TaskContext
from taskmill.functions.events import StepFunctionTaskEvent, TaskQueueEvent
from taskmill.functions.forks import OnlyInThisProcess
from taskmill.functions.hooks.attempts import AttemptHooks, NoHooks, attempt_hooks
from taskmill.functions.json_values import dump_result
from taskmill.functions.registry import Registry
from taskmill.functions.running import RUNNING
from taskmill.functions.user_code import noting_ctrl_c
from taskmill.model.clock import Clock, now_ms
from taskmill.model.correlation import log_fields
from taskmill.model.error_details import describe_error, final_error
from taskmill.model.errors import InvalidResult, LimitExceeded, WrongRunner
from taskmill.model.flow_control.retry_after import RetryAfter
from taskmill.model.redaction import scrubbed_json
from taskmill.model.retry import Retry
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.time_bounds import beyond_deadline, seconds_left
from taskmill.work.admission.limit_calls import LimitCalls
from taskmill.work.built_in import BuiltInTurn, FindBuiltIn, HandedOn, no_built_in
from taskmill.work.failures import Failure, Judge
from taskmill.work.isolation import ATTEMPTS
from taskmill.work.patience import Patience
from taskmill.work.reports import Looks, Reports
from taskmill.work.suspension import Suspended
from taskmill.work.task_logger import TaskLogger
from taskmill.work.thread_state import OwnValues
from taskmill.work.time_limit import run_within
from taskmill.work.timeouts import TimeIsUp

if TYPE_CHECKING:
    from taskmill.work.leases import Lease
    from taskmill.work.spawning import Spawner

Policy = tuple[Retry, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        status: COMPLETED, FAILED, ERRORED (another attempt follows), WAITING (suspended) or
            FINISHED (the function returned, children are still open).
        attributes: Row attributes to store: the result or its reference, the error, progress.
        retry_at: Epoch ms of the next attempt; only with ERRORED.
        awaited: How many children must end before the task is resumed; only with WAITING.
        settlement: See `Children.settle`; only with FINISHED.
        after: The attempt is given back, and what else that asks for; only with ERRORED.
        handed_on: It waits for nothing, its next turn may begin at once; only with WAITING.
    """

    status: Status
    attributes: Mapping[str, Any] = field(default_factory=dict)
    retry_at: int | None = None
    awaited: int = 0
    settlement: Mapping[str, int] | None = None
    handed_on: bool = False
    after: RetryAfter | None = None


def unstorable(reason: str) -> Outcome:
    """The outcome in place of one that the row cannot hold; another attempt would end alike."""
    error = InvalidResult(f"the outcome cannot be stored: {reason}")
    return Outcome(Status.FAILED, {"error": describe_error(error)})


@dataclass(frozen=True, slots=True)
class Judged:
    """The end of an attempt's code, as the judge sees it and the middleware is told."""

    row: TaskRow
    judge: Judge
    hooks: AttemptHooks | NoHooks
    clock: Clock
    spawner: Spawner | None

    def returned(self) -> None:
        """The code has returned; if it caught what suspended it, that does not count."""
        if self.spawner is not None and self.spawner.children.suspended is not None:
            self.hooks.stopped()
        else:
            self.hooks.after()

    def failure(self, error: BaseException, *, within: bool = False) -> Failure:
        """The failure that an error is.

        Args:
            within: The time limit still applies: when the time is up, that is judged elsewhere.

        Raises:
            BaseException: As `Judge.failure`.
        """
        try:
            failure = self.judge.failure(error)
        except BaseException as stop:
            if not (within and isinstance(stop, TimeIsUp)):
                self.hooks.stopped()
            raise
        again = failure.retry_in_ms
        late = again is not None and beyond_deadline(self.row, self.clock() + again)
        self.hooks.failed(error, is_final=again is None or bool(late))
        return failure


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Runs the task code of one attempt. Reads and stores payloads, but writes no rows.

    Attributes:
        in_lambda: Refuse task types that run in containers only.
        read: Returns the JSON text behind an input reference. None: each input is read by itself,
            with `payloads.get`.
        limit_calls: What task code asks of rate limits; None: there are none here.
        built_in: Returns what runs a built-in type; None for any other.
    """

    registry: Registry
    payloads: PayloadStore
    logger: Any
    clock: Clock = now_ms
    in_lambda: bool = False
    read: Callable[[str], str] | None = None
    limit_calls: LimitCalls | None = None
    built_in: FindBuiltIn = no_built_in

    def policy(self, task_type: str) -> Policy:
        """Retry policy and timeout in seconds of a task type."""
        return self.registry.policy(task_type)

    def run(
        self,
        row: TaskRow,
        *,
        remaining_ms: int,
        report: Report,
        look: Look,
        patience: Patience,
        spawner: Spawner | None = None,
    ) -> Outcome:
        """Run one attempt of a claimed task or subtask, whose `attempts` counts this one.

        Args:
            remaining_ms: Milliseconds this attempt may use before the process is stopped; it ends
                at the task type's timeout if that is sooner.
            report: Stores progress; raises `ClaimLost` or `TaskCancelled` when the claim is lost.
            look: Returns whether the task was cancelled.
            patience: For the calls that this attempt needs.
            spawner: Starts children; None for a subtask, which cannot have any.

        Raises:
            ClaimLost: Another worker has the task now; this attempt may write nothing more.
            TaskCancelled: The task was cancelled; this attempt may write nothing more.
            OutOfPatience: The input could not be read, or the result not be stored.
        """
        reports = Reports(report, patience, self.logger)
        context = TaskContext(
            key=row.key,
            attempt=row.attempts,
            logger=self.logger,
            report=reports.report,
            look=Looks(look, self.logger).look,
            spawner=spawner,
            limits=self.limit_calls.of(row) if self.limit_calls else None,
        )
        outcome: Outcome | None = None
        try:
            with closing(reports):
                outcome = self._run(row, context, remaining_ms, spawner, patience)
        except HandedOn:
            return Outcome(Status.WAITING, handed_on=True)
        except Suspended:
            pass
        suspended = spawner.children.suspended if spawner else None
        if suspended is None and outcome is not None:
            return outcome
        # WAITING even if the task code caught `Suspended` and went on: its children are still open.
        awaited = suspended.awaited if suspended else 0
        return Outcome(Status.WAITING, _progress(context), awaited=awaited)

    def _run(
        self,
        row: TaskRow,
        context: TaskContext,
        remaining_ms: int,
        spawner: Spawner | None,
        patience: Patience,
    ) -> Outcome:
        retry, timeout_seconds = self.policy(row.key.type)
        seconds = min(timeout_seconds, remaining_ms / 1000, seconds_left(row, self.clock()))
        judge = Judge(
            retry=retry,
            attempt=row.attempts,
            returned=row.returned or 0,
            is_final=spawner.children.owns if spawner else _is_no_childs,
            stops=lambda: (context.stopped, spawner.children.claim.stopped if spawner else None),
        )
        hooks = attempt_hooks(row, retry.max_attempts, self.logger)
        judged = Judged(row, judge, hooks, self.clock, spawner)
        try:
            self._check_runner(row.key.type)
            with self._around(context):
                execute = partial(self._execute, row, context, judged, patience)
                result = run_within(seconds, execute, late=context.close)
            if isinstance(result, Failure):
                return self._failed(row, result, context)
            settlement = spawner.children.settle() if spawner else None
            attributes = patience(lambda: self._result(row, result))
        except BaseException as error:  # noqa: BLE001  # the judge raises what is not the task's
            failure = _scrubbed(judged.failure(error), context.secrets)
            return self._failed(row, failure, context)
        status = Status.COMPLETED if settlement is None else Status.FINISHED
        return Outcome(status, attributes | _progress(context), settlement=settlement)

    @contextmanager
    def _around(self, context: TaskContext) -> Iterator[None]:
        """Run the task code of an attempt, and clear up after it."""
        isolated = ATTEMPTS.isolated(self.logger)
        with OnlyInThisProcess(), noting_ctrl_c(), isolated, closing(context):
            yield

    def _check_runner(self, task_type: str) -> None:
        if self.in_lambda and self.registry.settings(task_type).runner == "container":
            raise WrongRunner(
                f"tasks of type {task_type!r} run in containers only, and this stack has no queue"
                " for them, or the message was sent to another: give TaskStack a container_image,"
                " or container_queue=True and run `taskmill work`"
            )

    def _execute(
        self, row: TaskRow, context: TaskContext, judged: Judged, patience: Patience
    ) -> str | Failure:
        """Run the code in a copy of the context: the variables and log keys it sets end with it.

        An error is judged and described here, within the time limit: its `__str__` is user code.
        """
        fields = log_fields(row)
        own = copy_context()

        def execute() -> str | Failure:
            RUNNING.set(row)
            self.logger.thread_safe_append_keys(**fields)
            context.logger = TaskLogger(self.logger, fields)
            try:
                event = patience(lambda: self._event(row, context))
                context.secrets = self.registry.secret_texts(row.key.type, event.input)
                self.registry.refuse_masks(row.key.type, event.input)
                with OnlyInThisProcess(), OwnValues():
                    judged.hooks.before(own)
                    result = self._result_of(event, row, judged)
                    judged.returned()
                    return result
            except BaseException as error:  # noqa: BLE001  # task code may raise anything
                return _scrubbed(judged.failure(error, within=True), context.secrets)

        return own.run(execute)

    def _result_of(
        self, event: TaskQueueEvent | StepFunctionTaskEvent, row: TaskRow, judged: Judged
    ) -> str:
        """Run the code of the task type; see `Registry.execute`."""
        run = self.built_in(row.key.type)
        if run is None or judged.spawner is None:
            return self.registry.execute(event)
        lease = cast("Lease", judged.spawner.children.claim)  # a task of its own has one
        turn = BuiltInTurn(row, event.input, lease)
        return dump_result(run(turn))

    def _event(self, row: TaskRow, context: TaskContext) -> TaskQueueEvent | StepFunctionTaskEvent:
        read = self.read or self.payloads.get
        with naming(row.key, "input"):
            text = row.input if row.input_ref is None else read(row.input_ref)
        kind = TaskQueueEvent if row.key.index is None else StepFunctionTaskEvent
        return kind(
            key=row.key,
            input=json.loads(text or "null"),
            context=context,
            input_given=text is not None or row.key.index is not None,
        )

    def _result(self, row: TaskRow, result: str) -> dict[str, Any]:
        fence = row.fence or secrets.token_hex(8)
        try:
            hidden = self.registry.hides_result(row.key.type)
            return dict(self.payloads.put_result(row, fence, result, hidden=hidden))
        except LimitExceeded as too_large:  # a retry would return the same result
            raise InvalidResult(f"the result cannot be stored: {too_large}") from None

    def _failed(self, row: TaskRow, failure: Failure, context: TaskContext) -> Outcome:
        attributes = {"error": failure.error} | _progress(context)
        again = failure.retry_in_ms is not None
        self.logger.warning(
            "attempt failed", **log_fields(row, error=failure.error["type"], retried=again)
        )
        at = self.clock() + (failure.retry_in_ms or 0)
        if (late := beyond_deadline(row, at)) is not None:
            error = final_error(failure.error, late)
            return Outcome(Status.FAILED, attributes | {"error": error})
        if failure.retry_in_ms is None:
            return Outcome(Status.FAILED, attributes)
        return Outcome(Status.ERRORED, attributes, at, after=failure.after)


def _scrubbed(failure: Failure, secrets_of_input: frozenset[str]) -> Failure:
    """A failure whose error does not quote the secrets of the input."""
    if not secrets_of_input:
        return failure
    error = scrubbed_json(dict(failure.error), secrets_of_input)
    return dataclasses.replace(failure, error=error)


def _is_no_childs(_: BaseException) -> bool:
    return False


def _progress(context: TaskContext) -> dict[str, Any]:
    return {"progress": dict(context.unreported)} if context.unreported else {}
