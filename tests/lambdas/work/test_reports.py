"""Calls beside the work: they block no task, fail none, and forget all but the latest."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from outages import BLIPS

from taskmill.model.errors import ClaimLost, TaskCancelled
from taskmill.testing import Crash
from taskmill.work import reports
from taskmill.work.patience import OutOfPatience, Patience
from taskmill.work.reports import Looks, Reports

SOON_SECONDS = 20


class Log:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, message: str, **_: Any) -> None:
        self.lines.append(message)


class Row:
    """A row that stores progress, or fails as it is told.

    Attributes:
        trouble: What the next writes raise.
        open: Writes wait while it is not set.
    """

    def __init__(self, *trouble: BaseException) -> None:
        self.trouble = list(trouble)
        self.stored: list[Any] = []
        self.open = threading.Event()
        self.open.set()

    def write(self, progress: Any) -> None:
        assert self.open.wait(SOON_SECONDS)
        if self.trouble:
            raise self.trouble.pop(0)
        self.stored.append(progress)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PATIENCE_SECONDS", 0.05)


@pytest.fixture
def made() -> Iterator[list[Reports]]:
    made: list[Reports] = []
    yield made
    for each in made:
        each.close()


def reports_to(row: Row, made: list[Reports], *, until: int = 1 << 62) -> Reports:
    made.append(Reports(row.write, Patience(lambda: until, Log()), Log()))
    return made[-1]


def eventually(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SOON_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def blips(count: int) -> list[Exception]:
    return [BLIPS["no connection"]() for _ in range(count)]


def test_a_report_is_stored_before_it_returns(made: list[Reports]) -> None:
    row = Row()

    assert reports_to(row, made).report({"done": 1}) is True
    assert row.stored == [{"done": 1}]


def test_a_report_that_failed_is_stored_later_without_another(made: list[Reports]) -> None:
    row = Row(*blips(2))

    assert reports_to(row, made).report({"done": 1}) is False
    eventually(lambda: row.stored == [{"done": 1}])


def test_only_the_latest_report_is_kept(made: list[Reports]) -> None:
    row = Row()
    row.open.clear()
    told = reports_to(row, made)
    before = threading.active_count()

    for number in range(1_000):
        assert told.report({"done": number}) is False
        if number == 0:
            before = threading.active_count()
    assert threading.active_count() <= before  # one thread, however many reports
    row.open.set()

    eventually(lambda: row.stored[-1:] == [{"done": 999}])
    assert len(row.stored) <= 2


def test_a_connection_that_answers_nothing_does_not_stop_the_task(made: list[Reports]) -> None:
    row = Row()
    row.open.clear()

    assert reports_to(row, made).report({"done": 1}) is False

    row.open.set()


@pytest.mark.parametrize("stop", [ClaimLost("taken over"), TaskCancelled("cancelled")], ids=repr)
def test_the_end_of_the_attempt_reaches_the_task(made: list[Reports], stop: Exception) -> None:
    with pytest.raises(type(stop)):
        reports_to(Row(stop), made).report({"done": 1})


@pytest.mark.parametrize("stop", [ClaimLost("taken over"), TaskCancelled("cancelled")], ids=repr)
def test_an_end_that_is_noticed_in_the_background_reaches_it_with_the_next_report(
    made: list[Reports], stop: Exception
) -> None:
    row = Row(*blips(1), stop)
    told = reports_to(row, made)
    assert told.report({"done": 1}) is False
    eventually(lambda: not row.trouble)

    eventually(lambda: raises(lambda: told.report({"done": 2}), type(stop)))
    assert row.stored == []


def raises(call: Callable[[], Any], kind: type[BaseException]) -> bool:
    try:
        call()
    except kind:
        return True
    return False


def test_the_end_of_the_process_is_raised_where_it_was_caused(made: list[Reports]) -> None:
    with pytest.raises(Crash):
        reports_to(Row(Crash("gone")), made).report({"done": 1})


def test_once_the_lease_is_over_it_is_tried_with_the_next_report_only(made: list[Reports]) -> None:
    row = Row(*blips(1))
    told = reports_to(row, made, until=0)

    assert told.report({"done": 1}) is False
    assert row.stored == []
    eventually(lambda: told.report({"done": 2}))
    assert row.stored == [{"done": 2}]


def test_after_its_end_nothing_is_tried_again(made: list[Reports]) -> None:
    row = Row(*blips(1))
    told = reports_to(row, made)
    told.report({"done": 1})

    told.close()

    eventually(lambda: told._tried is None)
    assert row.stored == []


def test_a_look_that_takes_long_is_not_made_twice() -> None:
    asked, go = [], threading.Event()

    def look() -> bool:
        asked.append(1)
        return go.wait(SOON_SECONDS)

    looks = Looks(look, Log())

    assert [looks.look() for _ in range(3)] == [False] * 3
    assert len(asked) == 1
    go.set()
    eventually(looks.look)


def test_patience_ends_with_the_time_that_there_is() -> None:
    now = [0]

    def sleep(seconds: float) -> None:
        now[0] += round(seconds * 1000)

    tries = []

    def call() -> None:
        tries.append(now[0])
        error = BLIPS["throttled"]()
        raise error

    patience = Patience(lambda: 60_000, Log(), lambda: now[0], sleep)

    with pytest.raises(OutOfPatience, match="ThrottlingException"):
        patience(call)
    assert 54_000 <= now[0] < 60_000
    assert 10 <= len(tries) <= 40  # at most 5 s apart


def test_patience_is_for_blips_only() -> None:
    def call() -> None:
        raise ValueError("its own")

    with pytest.raises(ValueError, match="its own"):
        Patience(lambda: 1 << 62, Log())(call)


def test_without_another_thread_a_report_is_written_in_this_one(
    made: list[Reports], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    row = Row()

    assert reports_to(row, made).report({"done": 1}) is True
    assert row.stored == [{"done": 1}]
