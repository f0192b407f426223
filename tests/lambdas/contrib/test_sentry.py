from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
import traced_tasks
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

import taskmill
from taskmill.contrib.sentry import SentryMiddleware
from taskmill.functions.hooks.middleware import MIDDLEWARE
from taskmill.testing import InProcessCloud


class InMemory(Transport):
    """Keeps what would be sent to Sentry."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []
        self.flushed = 0

    def capture_envelope(self, envelope: Envelope) -> None:
        if (event := envelope.get_event()) is not None:
            self.events.append(dict(event))

    def flush(self, *_: Any, **__: Any) -> None:
        self.flushed += 1


@pytest.fixture
def sentry() -> Iterator[InMemory]:
    transport = InMemory()
    with sentry_sdk.isolation_scope():
        sentry_sdk.init(dsn="https://key@sentry.example/1", transport=transport)
        yield transport
        sentry_sdk.init()
    MIDDLEWARE.clear()


@pytest.fixture
def cloud(sentry: InMemory) -> Iterator[InProcessCloud]:
    with InProcessCloud(["traced_tasks"], environment={"TASKMILL_TENANT": "mbc"}) as cloud:
        yield cloud


def test_a_failed_task_is_one_event_with_its_task_as_tags(
    cloud: InProcessCloud, sentry: InMemory
) -> None:
    taskmill.middleware(SentryMiddleware())

    handle = traced_tasks.traced_fails.submit(0, log_ids={"order": "4711"})
    cloud.run()

    (event,) = sentry.events
    (error,) = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ZeroDivisionError", "no 0")
    assert error["stacktrace"]["frames"][-1]["function"] == "traced_fails"
    assert event["tags"] == {
        "taskmill.type": "traced-fails",
        "taskmill.tenant": "mbc",
        "taskmill.code": handle.key.code,
        "taskmill.attempt": 3,
    }
    assert event["contexts"]["taskmill"] == {"key": str(handle.key), "order": "4711"}
    assert sentry.flushed  # before Lambda may freeze the process


def test_each_attempt_may_be_reported(cloud: InProcessCloud, sentry: InMemory) -> None:
    taskmill.middleware(SentryMiddleware(each_attempt=True))

    traced_tasks.traced_fails.submit(0)
    cloud.run()

    assert [each["tags"]["taskmill.attempt"] for each in sentry.events] == [1, 2, 3]


def test_a_subtask_is_told_by_its_index(cloud: InProcessCloud, sentry: InMemory) -> None:
    taskmill.middleware(SentryMiddleware())

    traced_tasks.traced_fails.map([1, 2])
    cloud.run()

    assert sorted(each["tags"]["taskmill.index"] for each in sentry.events) == [0, 1]


def test_what_the_code_reports_itself_has_the_tags_too_and_the_next_task_has_its_own(
    cloud: InProcessCloud, sentry: InMemory
) -> None:
    taskmill.middleware(SentryMiddleware())

    handles = [traced_tasks.traced_says.submit(each) for each in ("one", "two")]
    cloud.run()

    told = {each["message"]: each["tags"]["taskmill.code"] for each in sentry.events}
    assert told == {"one": handles[0].key.code, "two": handles[1].key.code}
    sentry_sdk.capture_message("afterwards")
    assert not sentry.events[-1].get("tags")


def test_a_completed_task_is_no_event(cloud: InProcessCloud, sentry: InMemory) -> None:
    taskmill.middleware(SentryMiddleware())

    traced_tasks.traced_after.submit(None)
    cloud.run()

    assert sentry.events == []
