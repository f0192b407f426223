"""Large elements of a fan-out lie in the bucket; a batch reads those that it needs, together."""

import json
from typing import Any

from clouds import TENANT, fan_out, get, result, statuses

from taskmill.model.keys import TaskKey
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud

LARGE = "x" * 2_000
MB = 1 << 20


def upload(cloud: InProcessCloud, body: bytes, task_type: str = "measure", **more: Any) -> TaskKey:
    ref = cloud.service.create_upload(tenant_code=TENANT).input_ref
    cloud.wiring.client("s3").put_object(Bucket="payloads", Key=ref, Body=body)
    task = CreateStepFunctionTask(
        tenant_code=TENANT, task_type=task_type, input_ref=ref, notify="progress", **more
    )
    key = cloud.service.create_step_function_task(task=task).key
    cloud.meter.calls.clear()
    return key


def lines(*elements: Any) -> bytes:
    return b"\n".join(json.dumps(each).encode() for each in elements)


def gets(cloud: InProcessCloud) -> int:
    """Requests for objects since the submit, but for the one of split."""
    return cloud.meter.calls["s3.get_object"] - 1


def test_elements_of_a_batch_are_read_in_one_request(cloud: InProcessCloud) -> None:
    key = upload(cloud, lines(*[LARGE] * 30), batch_size=10)

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED"] * 30
    assert gets(cloud) == 3 + 1  # three batches; this look at the subtasks


def test_small_elements_between_large_ones_are_read_over(cloud: InProcessCloud) -> None:
    elements = [LARGE, "small", {"a": LARGE}, [], LARGE]
    key = upload(cloud, lines(*elements), "echo", batch_size=10)

    cloud.run()

    assert gets(cloud) == 1
    assert [result(cloud, key.subtask(index)) for index in range(5)] == elements


def test_no_more_than_some_megabytes_are_read_at_once(cloud: InProcessCloud) -> None:
    sizes = [MB, MB, MB, MB, 5 * MB, 1_000, MB]
    upload(cloud, lines(*("x" * size for size in sizes)), batch_size=10)
    longest = 0
    get_object = cloud.bucket.get_object

    def watched(**request: Any) -> Any:
        nonlocal longest
        answer = get_object(**request)
        if "Range" in request:
            longest = max(longest, answer["Body"]._content_length)
        return answer

    cloud.bucket.get_object = watched  # type: ignore[method-assign]
    cloud.run()

    assert gets(cloud) == 3  # of 10 MB
    assert longest == 4 * MB


def test_what_lies_far_apart_is_read_together(cloud: InProcessCloud) -> None:
    small = ["x" * 500] * 1_000
    key = upload(cloud, lines(LARGE, *small, LARGE), batch_size=2_000)

    cloud.run()

    assert gets(cloud) == 1
    assert get(cloud, key).status == "COMPLETED"


def test_a_second_attempt_reads_only_what_is_left(cloud: InProcessCloud, runs: list[Any]) -> None:
    fails = [0] * 500 + [1, 0, 1] + [0] * 500
    asked: list[str] = []
    upload(cloud, lines(*([each, LARGE] for each in fails)), "flaky-large", batch_size=2_000)
    get_object = cloud.bucket.get_object

    def watched(**request: Any) -> Any:
        asked.append(request.get("Range", "all"))
        return get_object(**request)

    cloud.bucket.get_object = watched  # type: ignore[method-assign]
    cloud.run()

    assert {index for index, attempt in runs if attempt == 2} == {500, 502}  # in any order
    whole, first, *later = asked
    assert whole == "all"
    assert length(first) > 1_000 * len(LARGE)
    assert 1 <= len(later) <= 2  # both are due at once, or one after the other
    assert all(length(span) < 4 * len(LARGE) for span in later)


def length(span: str) -> int:
    first, last = map(int, span.removeprefix("bytes=").split("-"))
    return last - first + 1


def test_lines_may_end_as_they_like(cloud: InProcessCloud) -> None:
    text = json.dumps(LARGE)
    body = f"\r\n{text}\r\n\n  {text}  \r\n\r\n\n[1]\r\n{text}"
    key = upload(cloud, body.encode(), "echo", batch_size=10)

    cloud.run()

    assert gets(cloud) == 1
    assert [result(cloud, key.subtask(index)) for index in range(4)] == [LARGE, LARGE, [1], LARGE]


def test_characters_of_many_bytes_are_not_torn(cloud: InProcessCloud) -> None:
    elements = ["é" * 700, "漢字" * 400, "😀" * 300, "a" * 601]
    body = "\n".join(json.dumps(each, ensure_ascii=False) for each in elements)
    key = upload(cloud, body.encode(), "echo", batch_size=10)

    cloud.run()

    assert [result(cloud, key.subtask(index)) for index in range(4)] == elements


def test_subtasks_whose_elements_are_gone_fail(cloud: InProcessCloud) -> None:
    key = upload(cloud, lines(LARGE, "small", LARGE), batch_size=10, tolerated_failures=3)
    cloud.deliver_records()
    assert cloud.player.ready()
    cloud.player.step()  # split
    cloud.bucket.objects.clear()

    cloud.run()

    assert statuses(cloud, key) == ["FAILED"] * 3
    assert gets(cloud) == 1  # nobody asks again
    assert get(cloud, key).status == "COMPLETED"
    error: Any = get(cloud, key.subtask(0)).attributes["error"]
    assert error["type"] == "PayloadMissing"
    assert error["message"] == f"the input of {key.subtask(0).label} has expired"


def test_a_subtask_shows_its_element_as_long_as_it_is_small(cloud: InProcessCloud) -> None:
    deep: Any = LARGE
    for _ in range(101):
        deep = [deep]
    key = upload(cloud, lines("small", LARGE, "x" * 7_998, "x" * 7_999, deep), batch_size=10)

    cloud.run()

    shown = [get(cloud, key.subtask(index)).input for index in range(5)]
    assert shown == ["small", LARGE, "x" * 7_998, None, None]
    assert [each.input for each in cloud.service.get_all_sub_task(key=key)] == shown
    assert [each.input_ref is None for each in cloud.service.list_sub_tasks(key=key)] == [
        True,
        *[False] * 4,
    ]


def test_a_page_of_subtasks_reads_their_elements_together(cloud: InProcessCloud) -> None:
    key = upload(cloud, lines(*[LARGE] * 300), batch_size=100)
    cloud.run()
    cloud.meter.calls.clear()

    page = cloud.service.list_sub_tasks(key=key, start=100, limit=100)

    assert [each.input for each in page] == [LARGE] * 100
    assert cloud.meter.calls["s3.get_object"] == 1


def test_an_array_in_a_request_is_kept_as_lines_too(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", [LARGE, 1, LARGE], batch_size=10)

    cloud.run()

    assert cloud.meter.calls["s3.get_object"] == 1 + 1
    assert [result(cloud, key.subtask(index)) for index in range(3)] == [LARGE, 1, LARGE]


def test_an_element_in_its_row_needs_no_bucket(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", ["x" * 590], batch_size=10)

    cloud.run()

    assert "s3.get_object" not in cloud.meter.calls
    assert get(cloud, key.subtask(0)).input == "x" * 590
