"""Calls that are repeated while DynamoDB is busy: conflicts of transactions, throttling."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.refusals import (
    BUSY,
    CONFLICT,
    INVALID,
    REFUSED,
    REFUSED_IN_TRANSACTION,
    THROTTLED,
    RowsRefused,
    cancellation_codes,
    error_code,
    pause_seconds,
)
from taskmill.model.errors import Throttled
from taskmill.model.keys import StoredKey

BATCH_STATEMENTS = 25  # the limit of BatchExecuteStatement
_TRIES, _BUSY_TRIES = 6, 10
Statement = Mapping[str, Any]


class Repeats:
    """Makes the calls of one table, and repeats those that another moment may let through.

    Args:
        client: The low-level client.
        sleep: Waits the given number of seconds.
    """

    def __init__(self, client: Any, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep

    def write(self, call: Callable[..., Any], **request: Any) -> Any:
        """Make a single write; repeated while a transaction holds the row.

        Raises:
            Throttled: Ten tries met a transaction.
            ClientError: Any other refusal.
        """
        for attempt in range(_BUSY_TRIES):
            try:
                return call(**request)
            except ClientError as error:
                if error_code(error) != CONFLICT:
                    raise
            self.pause(attempt)
        raise Throttled("transactions kept the row busy for too long")

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> list[str]:
        """Run a transaction; repeated while it conflicts with another or is throttled.

        DynamoDB gives a reason for each action, in any mixture: a failed condition counts only once
        no other action stands in the way.

        Returns:
            Empty on success. If conditions failed, for each action "ConditionalCheckFailed" or
            "None".

        Raises:
            Throttled: Ten tries conflicted or were throttled.
            ClientError: Any other refusal.
        """
        for attempt in range(_BUSY_TRIES):
            try:
                self._client.transact_write_items(TransactItems=list(actions))
            except ClientError as error:
                codes = cancellation_codes(error)
                if not BUSY.intersection((*codes, error_code(error))):
                    if set(codes) <= {REFUSED_IN_TRANSACTION, "None"} and codes:
                        return codes
                    raise
            else:
                return []
            self.pause(attempt)
        raise Throttled("the rows of a transaction were busy for too long")

    def execute(
        self, keys: Sequence[StoredKey], statements: Sequence[Statement | Exception]
    ) -> list[bool]:
        """Run conditional statements independently of each other, 25 per request.

        No request names a row twice: what DynamoDB does with such a batch is not documented.

        Args:
            keys: The row of each statement.
            statements: In place of a statement: the error of making it.

        Returns:
            False for each whose condition failed.

        Raises:
            RowsRefused: Some statements can never work; all others were run.
            Throttled: Six tries were throttled; later statements were not run.
        """
        done = [False] * len(statements)
        reasons = {
            place: f"{type(each).__name__}: {each}"
            for place, each in enumerate(statements)
            if isinstance(each, Exception)
        }
        for places in _calls_of(keys, statements):
            self._execute_call(statements, places, done, reasons)
        if reasons:
            raise RowsRefused(done, dict(sorted(reasons.items())))
        return done

    def pause(self, attempt: int) -> None:
        self._sleep(pause_seconds(attempt))

    def _execute_call(
        self,
        statements: Sequence[Any],
        places: Sequence[int],
        done: list[bool],
        reasons: dict[int, str],
    ) -> None:
        """Run the statements at these places, and note how each ended."""
        pending = list(places)
        for attempt in range(_TRIES):
            sent = [statements[place] for place in pending]
            try:
                answers = self._client.batch_execute_statement(Statements=sent)["Responses"]
            except ClientError as error:
                if error_code(error) not in INVALID:
                    raise
                self._halve(statements, pending, done, reasons, error)
                return
            errors = [answer.get("Error", {}) for answer in answers]
            for place, problem in zip(pending, errors, strict=True):
                done[place] = not problem
                if problem and problem["Code"] not in REFUSED | THROTTLED:
                    reasons[place] = f"{problem['Code']}: {problem.get('Message', '')}"
            again = zip(pending, errors, strict=True)
            pending = [place for place, problem in again if problem.get("Code") in THROTTLED]
            if not pending:
                return
            self.pause(attempt)
        raise Throttled("DynamoDB throttled the statements")

    def _halve(
        self,
        statements: Sequence[Any],
        places: Sequence[int],
        done: list[bool],
        reasons: dict[int, str],
        error: ClientError,
    ) -> None:
        """After a call was refused as a whole: find the statements that it was refused for."""
        if len(places) == 1:
            reasons[places[0]] = str(error)
            return
        middle = len(places) // 2
        self._execute_call(statements, places[:middle], done, reasons)
        self._execute_call(statements, places[middle:], done, reasons)


def _calls_of(
    keys: Sequence[StoredKey], statements: Sequence[Statement | Exception]
) -> Iterator[list[int]]:
    """Places of up to 25 statements each, in their order, no row twice."""
    call: dict[StoredKey, int] = {}
    for place, (key, statement) in enumerate(zip(keys, statements, strict=True)):
        if isinstance(statement, Exception):
            continue
        if len(call) == BATCH_STATEMENTS or key in call:
            yield list(call.values())
            call = {}
        call[key] = place
    if call:
        yield list(call.values())
