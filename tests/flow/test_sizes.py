"""Payloads of every size that is accepted work; the rest is refused with the limit named."""

import json
from typing import Any

import pytest
from clouds import TENANT, fan_out, get, result, submit

from taskmill.errors import LimitExceeded
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud

SIZES = [1, 700, 3_000, 5_000, 9_000, 130_000, 400_000, 5_000_000]


def text_of(size: int) -> str:
    """A string whose JSON has about this many bytes."""
    return "é" * (size // 2) if size > 1 else "x"


@pytest.mark.parametrize("size", SIZES)
def test_a_task_takes_and_returns_any_size(cloud: InProcessCloud, size: int) -> None:
    key = submit(cloud, "echo", text_of(size))

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert result(cloud, key) == text_of(size)


@pytest.mark.parametrize("size", SIZES)
def test_a_subtask_takes_and_returns_any_size(cloud: InProcessCloud, size: int) -> None:
    elements = [text_of(size), "small", text_of(size)]
    key = fan_out(cloud, "echo", elements)

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert [result(cloud, key.subtask(index)) for index in range(3)] == elements


def test_an_uploaded_input_is_worked_through(cloud: InProcessCloud) -> None:
    elements = ["a", text_of(130_000), {"b": [1, 2.5, None]}]
    upload = cloud.service.create_upload(tenant_code=TENANT)
    body = "\n".join(json.dumps(each) for each in elements).encode()
    cloud.wiring.client("s3").put_object(Bucket="payloads", Key=upload.input_ref, Body=body)
    task = CreateStepFunctionTask(tenant_code=TENANT, task_type="echo", input_ref=upload.input_ref)
    key = cloud.service.create_step_function_task(task=task).key

    cloud.run()

    assert [result(cloud, key.subtask(index)) for index in range(3)] == elements


def test_a_row_stays_under_one_kilobyte_with_the_largest_inline_input(
    cloud: InProcessCloud,
) -> None:
    from taskmill.testing.sizes import item_size

    submit(cloud, "echo", "x" * 598)
    cloud.run()

    largest = max(item_size(each["dynamodb"]["NewImage"]) for each in cloud.stream.seen[:2])
    assert largest <= 1_024 + 200, largest


def test_above_the_configured_maximum_an_input_is_refused() -> None:
    limit = {"TASKMILL_MAX_PAYLOAD_BYTES": "10000"}
    with InProcessCloud(modules=["flow_tasks"], environment=limit) as cloud:
        with pytest.raises(LimitExceeded, match=r"input is 10,002 bytes; at most 10,000"):
            submit(cloud, "echo", "x" * 10_000)
        with pytest.raises(LimitExceeded, match="at most 10,000"):
            fan_out(cloud, "echo", ["x" * 600] * 20)
        assert cloud.stream.seen == []


def test_a_result_above_the_maximum_fails_the_task_with_the_limit() -> None:
    limit = {"TASKMILL_MAX_PAYLOAD_BYTES": "10000"}
    with InProcessCloud(modules=["flow_tasks"], environment=limit) as cloud:
        key = submit(cloud, "sized", 20_000)
        cloud.run()

        error: Any = get(cloud, key).attributes["error"]
        assert (get(cloud, key).status, error["type"]) == ("FAILED", "InvalidResult")
        assert "at most 10,000" in error["message"]
        assert get(cloud, key).attempts == 1  # the work is not done again
