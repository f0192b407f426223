"""Settings: read from an environment once, named in what is refused."""

import pytest

from taskmill.model.lanes import Lane
from taskmill.wiring.settings import InvalidSetting, MissingSetting, Settings


def test_what_an_environment_does_not_say_is_as_by_default() -> None:
    assert Settings.of({}) == Settings()
    assert Settings.of({"TASKMILL_IDS": "", "TASKMILL_RETENTION_DAYS": ""}) == Settings()


def test_values_are_read_as_what_they_mean() -> None:
    settings = Settings.of(
        {
            "TASKMILL_TABLE": "tasks",
            "TASKMILL_RETENTION_DAYS": "7",
            "TASKMILL_MODULES": "orders, invoices,",
            "TASKMILL_EXECUTE_NOW": "True",
            "SOMETHING_ELSE": "x",
        }
    )

    assert settings.table == "tasks"
    assert settings.retention_days == 7
    assert settings.modules == ("orders", "invoices")
    assert settings.execute_now


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("TASKMILL_RETENTION_DAYS", "a week", "a whole number"),
        ("TASKMILL_MAX_PAYLOAD_BYTES", "1e6", "a whole number"),
        ("TASKMILL_MAX_CONCURRENCY", "many", "a whole number"),
        ("TASKMILL_RUNNER", "moon", "lambda or container"),
        (
            "TASKMILL_POOLS",
            "Large",
            "'Large' is no pool; a name is a small letter and up to 31 of a-z 0-9 -",
        ),
        ("TASKMILL_CALLBACK_BUDGET", "0", "a whole number above 0"),
        ("TASKMILL_TENANT_REQUESTS_PER_SECOND", "-1", "a whole number, 0 for no limit"),
        ("TASKMILL_TENANT_OPEN_UPLOADS", "many", "a whole number"),
        ("TASKMILL_TENANT_SCHEDULES", "0", "a whole number above 0"),
        ("TASKMILL_TENANT_MAPPINGS", "-5", "a whole number above 0"),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_its_name(
    name: str, value: str, wanted: str
) -> None:
    with pytest.raises(InvalidSetting, match=rf"^{name} is '{value}': {wanted}$"):
        Settings.of({name: value})


def test_what_is_needed_and_not_there_is_named() -> None:
    assert Settings(table="tasks").need("TASKMILL_TABLE") == "tasks"
    with pytest.raises(MissingSetting, match=r"^TASKMILL_BUCKET is not set$"):
        Settings().need("TASKMILL_BUCKET")


def test_a_lane_without_a_queue_of_its_own_has_the_first() -> None:
    settings = Settings(queue_url="normal", priority_queue_url="urgent")

    assert settings.by_lane("URL") == {
        Lane.NORMAL: "normal",
        Lane.PRIORITY: "urgent",
        Lane.CONTAINER: "normal",
    }
    with pytest.raises(MissingSetting, match=r"^TASKMILL_QUEUE_ARN is not set$"):
        settings.by_lane("ARN")


@pytest.mark.parametrize(
    ("environment", "in_lambda"),
    [
        ({}, False),
        ({"AWS_LAMBDA_FUNCTION_NAME": "worker"}, True),
        ({"AWS_LAMBDA_FUNCTION_NAME": "worker", "TASKMILL_RUNNER": "container"}, False),
        ({"TASKMILL_RUNNER": "lambda"}, True),
    ],
)
def test_the_runner_is_what_it_is_said_to_be_else_what_the_process_is(
    environment: dict[str, str], *, in_lambda: bool
) -> None:
    assert Settings.of(environment).in_lambda is in_lambda


def test_pools_are_read_with_their_kinds_and_their_queues() -> None:
    settings = Settings.of(
        {
            "TASKMILL_POOLS": "large, gpu:container",
            "TASKMILL_QUEUE_URL": "normal",
            "TASKMILL_POOL_LARGE_URL": "large",
            "TASKMILL_POOL_MY_OWN_URL": "own",
            "TASKMILL_POOL_LARGE_ARN": "arn:large",
        }
    )

    assert settings.pools == (("large", "lambda"), ("gpu", "container"))
    urls = settings.by_lane("URL")
    assert (urls[Lane("large")], urls[Lane("my-own")]) == ("large", "own")
    assert urls[Lane("gpu")] == "normal"  # without a queue of its own
    assert settings.pool_arns == (("large", "arn:large"),)
