"""Every hook passes further props on, and every part hands out the metrics of what it owns."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration
from aws_cdk import aws_cloudwatch as cloudwatch

import taskmill_cdk
from taskmill_cdk import TaskStack, WorkerPool

BUILD = Path(__file__).resolve().parents[2] / ".build"


def classes() -> Iterator[type]:
    """All classes of the package."""
    for found in pkgutil.walk_packages(taskmill_cdk.__path__, "taskmill_cdk."):
        module = importlib.import_module(found.name)
        for _, each in inspect.getmembers(module, inspect.isclass):
            if each.__module__ == module.__name__:
                yield each


def hooks() -> Iterator[Any]:
    for each in classes():
        for name, function in vars(each).items():
            if name.startswith("_build_"):
                yield pytest.param(function, id=f"{each.__name__}.{name}")


@pytest.mark.parametrize("hook", list(hooks()))
def test_a_hook_takes_further_props(hook: Any) -> None:
    parameters = inspect.signature(hook).parameters.values()

    assert any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
    assert "**props" in inspect.getsource(hook).split(":", 1)[1]  # and passes them on


@pytest.fixture(scope="module")
def stack() -> TaskStack:
    return TaskStack(App(), "Shop", pools=[WorkerPool("large")], build_folder=BUILD)


METRICS = [
    ("work_queue", "metric_age", "ApproximateAgeOfOldestMessage"),
    ("work_queue", "metric_priority_age", "ApproximateAgeOfOldestMessage"),
    ("work_queue", "metric_waiting", "ApproximateNumberOfMessagesVisible"),
    ("work_queue", "metric_priority_waiting", "ApproximateNumberOfMessagesVisible"),
    ("work_queue", "metric_unreadable", "ApproximateNumberOfMessagesVisible"),
    ("dispatcher", "metric_lag", "IteratorAge"),
    ("dispatcher", "metric_parked", "ApproximateNumberOfMessagesVisible"),
    ("workflow", "metric_started", "ExecutionsStarted"),
    ("workflow", "metric_failed", "ExecutionsFailed"),
    ("api", "metric_requests", "Count"),
    ("api", "metric_server_errors", "5xx"),
    ("api", "metric_latency", "Latency"),
]


@pytest.mark.parametrize(("part", "method", "name"), METRICS)
def test_a_part_hands_out_its_metrics(stack: TaskStack, part: str, method: str, name: str) -> None:
    metric = getattr(getattr(stack, part), method)(period=Duration.minutes(7))

    assert isinstance(metric, cloudwatch.Metric)
    assert metric.metric_name == name
    assert metric.period.to_seconds() == 420


def test_so_does_a_pool_and_the_table(stack: TaskStack) -> None:
    assert stack.pools["large"].metric_age().metric_name == "ApproximateAgeOfOldestMessage"
    assert stack.pools["large"].metric_waiting().statistic == "Maximum"
    assert stack.table.metric_throttles("Write").metric_name == "WriteThrottleEvents"


def test_each_queue_has_its_own(stack: TaskStack) -> None:
    queues = stack.work_queue
    named = [queues.metric_age(), queues.metric_priority_age(), stack.pools["large"].metric_age()]

    assert len({str(each.dimensions) for each in named}) == 3
