"""Every row with an error has its fingerprint and its text, whoever stored the error."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import fingerprint_tasks
import pytest
from clouds import TENANT, fan_out, get, submit

from taskmill.aws.dynamodb.codec import decode_item
from taskmill.errors import describe_error
from taskmill.model.fingerprints import is_fingerprint
from taskmill.model.rows.task_row import TASK_ROWS, TaskRow
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud

WAYS = {"the Lambda worker": {}, "a consumer": {"TASKMILL_RUNNER": "container"}}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    """When the test is over, no row has an error without its fingerprint, or the reverse."""
    with InProcessCloud(["fingerprint_tasks"], environment=request.param) as cloud:
        yield cloud
        for row in rows(cloud):
            error: Any = row.attributes.get("error")
            told = error and f"{error['type']}: {error['message']}"[:200]
            assert is_fingerprint(row.fingerprint) == bool(error), row.key
            assert row.error_text == (told or None), row.key
            assert "fingerprint" not in (error or {}), row.key


def rows(cloud: InProcessCloud) -> list[TaskRow]:
    values = (decode_item(each) for each in cloud.table.items())
    return [TaskRow.from_values(each) for each in values if each["row"] in TASK_ROWS]


def groups(cloud: InProcessCloud) -> Counter[str | None]:
    """How many rows have each fingerprint."""
    return Counter(row.fingerprint for row in rows(cloud))


def test_failures_that_differ_in_numbers_are_one_group(cloud: InProcessCloud) -> None:
    for number in range(5):
        submit(cloud, "mark-fails", number)
        submit(cloud, "mark-fails-otherwise", number)

    cloud.run()

    assert sorted(groups(cloud).values()) == [5, 5]


def test_a_parent_is_in_the_group_of_the_child_that_failed_it(cloud: InProcessCloud) -> None:
    submit(cloud, "mark-fails", 1)
    submit(cloud, "mark-grandparent", 2)

    cloud.run()

    assert list(groups(cloud).values()) == [4]


def test_a_retry_that_succeeds_leaves_none(cloud: InProcessCloud) -> None:
    key = submit(cloud, "mark-fails-first", 1)

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert groups(cloud) == {None: 1}


def test_an_explicit_retry_drops_it_until_the_task_fails_again(cloud: InProcessCloud) -> None:
    key = submit(cloud, "mark-fails", 1)
    cloud.run()
    before = get(cloud, key).fingerprint

    reopened = cloud.service.retry(key=key)
    cloud.run()

    assert reopened.fingerprint is None
    assert get(cloud, key).fingerprint == before is not None


def test_subtasks_have_that_of_their_error(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "mark-fails", range(4), tolerated_failures=4)
    submit(cloud, "mark-fails", 9)

    cloud.run()

    assert sorted(groups(cloud).values()) == [1, 5]  # the fan-out itself completed
    assert get(cloud, key).status == "COMPLETED"


def test_subtasks_that_are_retried_and_complete_have_none(cloud: InProcessCloud) -> None:
    fan_out(cloud, "mark-fails-first", range(4))

    cloud.run()

    assert groups(cloud) == {None: 5}


def test_a_fan_out_that_failed_and_elements_that_are_bad_have_one(cloud: InProcessCloud) -> None:
    ref = cloud.service.create_upload(tenant_code=TENANT).input_ref
    cloud.bucket.put_object(Key=ref, Body=b'1\n{"a\n{"b\n', Tagging="taskmill-upload=open")
    task = CreateStepFunctionTask(tenant_code=TENANT, task_type="mark-fails", input_ref=ref)
    failed = cloud.service.create_step_function_task(task=task).key

    cloud.run()

    assert get(cloud, failed).status == "FAILED"
    subtasks = cloud.service.get_all_sub_task(key=failed)
    assert len({each.fingerprint for each in subtasks}) == 2  # the bad ones are one group


def test_a_parent_that_its_children_fail_when_it_has_returned_has_one(
    cloud: InProcessCloud,
) -> None:
    key = submit(cloud, "mark-leaves-a-child", 1)

    cloud.run()

    assert get(cloud, key).status == "FAILED"
    assert get(cloud, key).fingerprint


def test_a_task_whose_workers_die_has_one(cloud: InProcessCloud) -> None:
    cloud.queues.max_receives = 10
    key = submit(cloud, "mark-kills")

    cloud.run()

    assert get(cloud, key).status == "FAILED"
    assert get(cloud, key).fingerprint


def test_a_task_that_expired_has_one(cloud: InProcessCloud) -> None:
    key = submit(cloud, "mark-fails", 1, expires_seconds=60)
    while cloud.stream.pending():
        cloud.deliver_records()
    cloud.sleep(120)

    cloud.run()

    assert get(cloud, key).status == "CANCELLED"
    assert get(cloud, key).fingerprint


def reported(cloud: InProcessCloud, error: Any) -> Any:
    key = submit(cloud, "mark-fails", 1, delay_seconds=600)
    return cloud.service.update_status(key=key, status="FAILED", attributes={"error": error})


def test_an_error_reported_from_outside_has_that_of_its_type_and_message(
    cloud: InProcessCloud,
) -> None:
    one = reported(cloud, {"type": "DiskFull", "message": "no space on disk 4"})
    other = reported(cloud, {"type": "DiskFull", "message": "no space on disk 5"})
    third = reported(cloud, "no space on disk 4")

    assert one.fingerprint == other.fingerprint != third.fingerprint


def test_a_described_error_keeps_its_own_also_by_way_of_json(cloud: InProcessCloud) -> None:
    try:
        fingerprint_tasks.wrong(4)
    except ValueError as error:
        described = json.loads(json.dumps(describe_error(error)))

    task = reported(cloud, described)

    assert task.fingerprint == described["fingerprint"]


def test_a_false_fingerprint_from_outside_is_not_taken(cloud: InProcessCloud) -> None:
    task = reported(cloud, {"type": "DiskFull", "fingerprint": "../../etc"})

    assert is_fingerprint(task.fingerprint)
