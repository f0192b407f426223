"""The ledger's logs and traces, and what a stack costs that does nothing."""

import json

import pytest
from benchmarks.ledger.cloud import TASKS, LedgerCloud
from benchmarks.ledger.idle import Idle, idle_of
from benchmarks.ledger.logs import with_logs
from benchmarks.ledger.prices import log_dollars
from benchmarks.ledger.usage import GATEWAY, Usage, What

from taskmill.wiring import current

LINE = {"taskType": "noop", "input": None}


def own_lines(usage: Usage, function: str) -> float:
    return usage.total(What.LOG_BYTES, where=function)


def test_every_function_s_own_lines_are_counted_under_its_name() -> None:
    with LedgerCloud(modules=[TASKS]) as cloud:
        used = cloud.used(lambda cloud: cloud.post("tasks", LINE) and None)

    assert {"api", "dispatcher", "worker"} <= {
        entry.where for entry in used.amounts if entry.what is What.LOG_BYTES
    }


def test_a_line_more_is_its_bytes_more() -> None:
    with LedgerCloud(modules=[TASKS]) as cloud:
        with cloud.inside("worker"):
            current().logger.info("x")
            before = own_lines(cloud.usage, "worker")
            current().logger.info("xxxxé")
        after = own_lines(cloud.usage, "worker")

    extra = len("xxxxé".encode()) - 1
    escaped = len(json.dumps("é")) - 2 - len("é".encode())
    assert after - 2 * before in (extra, extra + escaped)


def test_what_is_logged_after_a_ledger_is_closed_is_in_none() -> None:
    with LedgerCloud(modules=[TASKS]) as cloud:
        logger = cloud.wiring.logger
    logger.info("late")

    assert cloud.usage.total(What.LOG_BYTES) == 0


def test_lambda_writes_two_lines_an_invocation_and_the_api_one_a_request() -> None:
    usage = Usage()
    usage.add(What.FUNCTION_CALLS, "worker", "invocation", 10)
    usage.add(What.API_REQUESTS, GATEWAY, "request", 3)

    logged = with_logs(usage)

    assert 500 < own_lines(logged, "Lambda") / 10 < 1_000
    assert 200 < own_lines(logged, GATEWAY) / 3 < 400


@pytest.mark.parametrize(("sampled", "traces"), [(0.05, 5), (1.0, 100)])
def test_a_share_of_the_invocations_is_traced(sampled: float, traces: float) -> None:
    usage = Usage()
    usage.add(What.FUNCTION_CALLS, "worker", "invocation", 100)

    assert with_logs(usage, sampled=sampled).total(What.TRACES) == pytest.approx(traces)


def test_a_gigabyte_of_logs_and_a_million_traces_have_their_price() -> None:
    logs, traces = Usage(), Usage()
    logs.add(What.LOG_BYTES, "worker", "own lines", 10**9)
    traces.add(What.TRACES, "Lambda", "trace", 10**6)

    assert log_dollars(logs) == pytest.approx(0.50)
    assert log_dollars(traces) == pytest.approx(5.00)


def test_an_idle_stack_is_billed_for_metrics_dashboards_and_polls() -> None:
    alarm, mapping = "AWS::CloudWatch::Alarm", "AWS::Lambda::EventSourceMapping"
    expression, metric = {"Expression": "a / b"}, {"MetricStat": {}}
    resources = [
        (alarm, {"MetricName": "Errors"}),
        (alarm, {"Metrics": [expression, metric, metric]}),
        ("AWS::CloudWatch::Dashboard", {}),
        (mapping, {"EventSourceArn": "queue"}),
        (mapping, {"EventSourceArn": "stream", "StartingPosition": "TRIM_HORIZON"}),
    ]
    template = {
        str(index): {"Type": kind, "Properties": properties}
        for index, (kind, properties) in enumerate(resources)
    }

    idle = idle_of({"Resources": template})

    assert idle == Idle(alarm_metrics=3, dashboards=1, queues=1)
    assert idle.polls == 5 * 30 * 86_400 / 20
    assert idle.dollars == pytest.approx(0.30 + 3.00 + idle.polls * 0.40 / 1e6)
