"""Dead letters under crashes, duplicates and everything else that may happen between two steps.

A state machine over the real handler: whatever the order, a task that has not ended always has a
message somewhere, and fails only when its attempts are spent or its message died four times.
"""

import copy
import json
from typing import Any

from builders import sqs_record
from clouds import submit
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from taskmill.aws.sqs.memory_queue import MemoryMessage
from taskmill.dispatch.dead_letter_rules import MAX_RESENT
from taskmill.handlers import dead_letters
from taskmill.model.errors import ClaimLost, TaskmillError
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL, RUNNING, Status
from taskmill.testing import InProcessCloud

MAX_ATTEMPTS = 3


class DeadLetters(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.cloud = InProcessCloud(modules=["unit_tasks"])
        self.cloud.__enter__()
        self.key = submit(self.cloud, "export", 1)
        self.letters_seen: set[str] = set()
        self.seen = self.row
        self._dispatch()

    def teardown(self) -> None:
        self.cloud.__exit__()

    @property
    def row(self) -> TaskRow:
        return self.cloud.wiring.tasks.get(self.key)

    def messages(self, url: str) -> list[MemoryMessage]:
        return self.cloud.queues.queues.setdefault(url, [])

    def _dispatch(self) -> None:
        while self.cloud.stream.pending():
            self.cloud.deliver_records()

    # What happens to the messages

    @precondition(lambda self: self.messages("queue"))
    @rule()
    def a_message_is_received_too_often(self) -> None:
        message = self.messages("queue").pop(0)
        self.messages("dead-letters").append(message)

    @precondition(lambda self: self.messages("dead-letters"))
    @rule()
    def a_letter_is_duplicated(self) -> None:
        self.messages("dead-letters").append(copy.copy(self.messages("dead-letters")[0]))

    @precondition(lambda self: self.messages("dead-letters"))
    @rule(crash_at=st.none() | st.integers(1, 4), after=st.booleans())
    def letters_are_handled(self, crash_at: int | None, *, after: bool) -> None:
        """By the real handler, which may die at any call."""
        letters = self.messages("dead-letters")[:10]
        for each in letters:
            each.receipt = each.id
        meter = self.cloud.meter
        meter.calls.clear()
        meter.crash_at, meter.crash_after = crash_at, after
        event = {"Records": [sqs_record(each.id, each.body) for each in letters]}
        answer = self.cloud.invoke(dead_letters.handler, event)
        meter.crash_at = None
        self.letters_seen |= {each.id for each in letters}
        if answer is None:
            return  # it died: all of them are delivered again
        kept = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        self.messages("dead-letters")[:] = [
            each for each in self.messages("dead-letters") if each not in letters or each.id in kept
        ]
        self._dispatch()

    # What happens to the task

    @precondition(lambda self: self.messages("queue") or self.messages("dead-letters"))
    @rule()
    def a_worker_claims_it(self) -> None:
        try:
            self.cloud.wiring.claims.claim(
                self.key,
                fence="f",
                lease_until=self.cloud.now + 60_000,
                max_attempts=MAX_ATTEMPTS,
            )
        except (ClaimLost, TaskmillError):
            return

    @precondition(lambda self: self.row.status in RUNNING)
    @rule(completed=st.booleans())
    def an_attempt_ends(self, *, completed: bool) -> None:
        row, claims = self.row, self.cloud.wiring.claims
        if completed:
            claims.end(row, Status.COMPLETED, attributes={"result": "1"})
        elif row.attempts < MAX_ATTEMPTS:
            error = {"type": "ValueError", "message": "no luck", "stack": ""}
            claims.errored(row, attributes={"error": error}, retry_at=self.cloud.now + 5_000)
        self._dispatch()

    @rule()
    def time_passes(self) -> None:
        self.cloud.now += 61_000

    @precondition(lambda self: self.row.status not in FINAL)
    @rule()
    def it_is_cancelled(self) -> None:
        self.cloud.service.cancel(key=self.key)

    @precondition(lambda self: self.row.status in (Status.FAILED, Status.CANCELLED))
    @rule()
    def it_is_retried(self) -> None:
        self.cloud.service.retry(key=self.key)
        self._dispatch()
        self.seen = self.row

    # What must hold

    @invariant()
    def an_open_task_has_a_message(self) -> None:
        if self.row.status in FINAL:
            return
        bodies = [each.body for url in ("queue", "dead-letters") for each in self.messages(url)]
        assert self.key.as_dict() in [json.loads(body) for body in bodies]

    @invariant()
    def a_message_is_sent_again_three_times_at_most(self) -> None:
        assert (self.row.resent or 0) <= min(MAX_RESENT, len(self.letters_seen))

    @invariant()
    def it_fails_for_a_true_reason_only(self) -> None:
        row = self.row
        if row.status is not Status.FAILED:
            return
        error: Any = row.attributes["error"]
        reason = error.get("final", error)["type"]
        if reason == "DeadLetter":
            assert row.resent == MAX_RESENT
        else:
            assert (reason, row.attempts) == ("AttemptsSpent", MAX_ATTEMPTS)
        if "final" in error:
            assert error["type"] == "ValueError"

    @invariant()
    def an_end_stays(self) -> None:
        if self.seen.status in FINAL and self.seen.run == self.row.run:
            assert self.row.status is self.seen.status
        self.seen = self.row


TestDeadLetters = DeadLetters.TestCase
TestDeadLetters.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def test_a_task_that_kills_all_its_workers_is_given_up_after_four_dead_letters() -> None:
    with InProcessCloud(modules=["callback_tasks"]) as cloud:
        key = submit(cloud, "kills", 1)

        cloud.run()

        row = cloud.wiring.tasks.get(key)
        error: Any = row.attributes["error"]
        assert (row.status, error["type"], row.resent) == (Status.FAILED, "DeadLetter", MAX_RESENT)
