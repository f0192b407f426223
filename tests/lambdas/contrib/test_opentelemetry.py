import re
from collections import Counter
from collections.abc import Iterator

import pytest
import traced_tasks
from network import URL, Network
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import taskmill
from taskmill.client import TaskClient
from taskmill.contrib.opentelemetry import OpenTelemetryMiddleware
from taskmill.functions.hooks.middleware import MIDDLEWARE
from taskmill.testing import InProcessCloud

TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@pytest.fixture
def provider() -> TracerProvider:
    return TracerProvider()


@pytest.fixture
def exporter(provider: TracerProvider) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traced_tasks.INNER[:] = [provider.get_tracer("application")]
    taskmill.middleware(OpenTelemetryMiddleware(provider))
    yield exporter
    MIDDLEWARE.clear()


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(["traced_tasks"], environment={"TASKMILL_TENANT": "mbc"}) as cloud:
        yield cloud


def by_name(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [each for each in exporter.get_finished_spans() if each.name == name]


def parent_of(span: ReadableSpan, exporter: InMemorySpanExporter) -> str | None:
    spans = {each.context.span_id: each.name for each in exporter.get_finished_spans()}
    return spans[span.parent.span_id] if span.parent else None


def test_a_submit_its_task_children_and_fan_out_are_one_trace(
    cloud: InProcessCloud, exporter: InMemorySpanExporter, provider: TracerProvider
) -> None:
    with provider.get_tracer("application").start_as_current_span("request"):
        handle = traced_tasks.traced_tree.submit(1)
    assert handle.wait() == 4
    cloud.run()

    spans = exporter.get_finished_spans()
    assert len({each.context.trace_id for each in spans}) == 1
    assert Counter(each.name for each in spans) == {
        "request": 1,
        "submit traced-tree": 1,
        "run traced-tree": 3,
        "submit traced-leaf": 3,
        "run traced-leaf": 4,
        "inner": 4,
        "run traced-after": 1,
    }
    assert parent_of(by_name(exporter, "submit traced-tree")[0], exporter) == "request"
    for child, parent in {
        "run traced-tree": "submit traced-tree",
        "submit traced-leaf": "run traced-tree",
        "run traced-leaf": "submit traced-leaf",
        "inner": "run traced-leaf",
        "run traced-after": "submit traced-tree",
    }.items():
        assert {parent_of(each, exporter) for each in by_name(exporter, child)} == {parent}


def test_the_trace_crosses_http_as_a_log_id(
    cloud: InProcessCloud, exporter: InMemorySpanExporter
) -> None:
    with TaskClient(URL, tenant="mbc", token="made-up", transport=Network(cloud)) as client:
        task = client.submit("traced-leaf", 1)

    (submit,) = by_name(exporter, "submit traced-leaf")
    (run,) = by_name(exporter, "run traced-leaf")
    told = TRACEPARENT.fullmatch((task.log_ids or {})["traceparent"])
    assert told
    assert int(told[1], 16) == submit.context.trace_id == run.context.trace_id
    assert int(told[2], 16) == submit.context.span_id
    assert run.parent is not None
    assert run.parent.span_id == submit.context.span_id


def test_a_failed_attempt_has_its_error_and_whether_it_was_the_last(
    cloud: InProcessCloud, exporter: InMemorySpanExporter
) -> None:
    traced_tasks.traced_fails.submit(0)
    cloud.run()

    attempts = by_name(exporter, "run traced-fails")
    told = [each.attributes or {} for each in attempts]
    assert [each["taskmill.attempt"] for each in told] == [1, 2, 3]
    assert [each["taskmill.final"] for each in told] == [False, False, True]
    assert all(each.status.description == "ZeroDivisionError" for each in attempts)
    assert all(each.events[0].name == "exception" for each in attempts)


def test_times_that_a_parent_waited_are_marked(
    cloud: InProcessCloud, exporter: InMemorySpanExporter
) -> None:
    traced_tasks.traced_tree.submit(1).wait()

    stopped = [
        (each.attributes or {}).get("taskmill.stopped", False)
        for each in by_name(exporter, "run traced-tree")
    ]
    assert stopped == [True, True, False]


def test_a_task_with_ten_log_ids_is_submitted_without_the_trace(
    cloud: InProcessCloud, exporter: InMemorySpanExporter
) -> None:
    ids = {f"id{number}": "x" for number in range(10)}

    handle = traced_tasks.traced_leaf.submit(1, log_ids=ids)

    assert handle.wait() == 1
    assert handle.task().log_ids == ids


def test_no_span_is_left_open_or_current(
    cloud: InProcessCloud, exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    traced_tasks.traced_fails.submit(0)
    traced_tasks.traced_tree.submit(1).wait()

    assert not [each for each in caplog.records if each.name.startswith("opentelemetry")]
    assert not [each for each in caplog.records if each.message == "middleware failed"]
