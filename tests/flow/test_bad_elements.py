"""One bad element of an upload fails alone, whatever is wrong with it; uploads have limits."""

import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from bad_json import BAD
from clouds import TENANT, get, result

from taskmill.aws.s3.offset_lines import MAX_BLANK_LINES, offset_lines
from taskmill.errors import InvalidRequest, LimitExceeded
from taskmill.model.given_elements import MAX_ELEMENT_BYTES
from taskmill.model.keys import TaskKey
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi


def upload(cloud: InProcessCloud, body: bytes) -> str:
    ref = cloud.service.create_upload(tenant_code=TENANT).input_ref
    cloud.bucket.put_object(Key=ref, Body=body, Tagging="taskmill-upload=open")
    return ref


def submit(cloud: InProcessCloud, ref: str, **more: Any) -> TaskKey:
    task = CreateStepFunctionTask(tenant_code=TENANT, task_type="echo", input_ref=ref, **more)
    return cloud.service.create_step_function_task(task=task).key


@pytest.mark.parametrize("what", BAD)
def test_one_bad_element_fails_alone(cloud: InProcessCloud, what: str) -> None:
    bad, words = BAD[what]
    key = submit(cloud, upload(cloud, b'1\n"a"\n' + bad + b'\n{"b": 2}\n'), tolerated_failures=1)

    cloud.run()

    subtasks = cloud.service.get_all_sub_task(key=key)
    assert [str(each.status) for each in subtasks] == [
        "COMPLETED",
        "COMPLETED",
        "FAILED",
        "COMPLETED",
    ]
    error: Any = subtasks[2].attributes["error"]
    assert error["type"] == "InvalidRequest"
    assert error["message"].startswith("element 2 is ")
    assert words in error["message"]
    assert get(cloud, key).status == "COMPLETED"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"[" * 200 + b"]" * 200, json.loads("[" * 200 + "]" * 200)),
        (b"9" * 4_300, int("9" * 4_300)),
        (b"1e308", 1e308),
        (b"\xef\xbb\xbf1", 1),
        (b'  "a" \t\r', "a"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"[[[[[[[[[[[[{{{{{{"', "[[[[[[[[[[[[{{{{{{"),
        (b'"' + b"[" * 500 + b'"', "[" * 500),
        (b'"' + b'\\"[' * 500 + b'"', '"[' * 500),
        (b'"' + b"x" * (MAX_ELEMENT_BYTES - 2) + b'"', "x" * (MAX_ELEMENT_BYTES - 2)),
    ],
    ids=range(11),
)
def test_what_is_just_within_the_limits_runs(
    cloud: InProcessCloud, text: bytes, value: Any
) -> None:
    key = submit(cloud, upload(cloud, b"1\n" + text + b"\n"))

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert result(cloud, key.subtask(1)) == value


def test_marks_before_any_line_are_skipped_as_of_files_put_together(cloud: InProcessCloud) -> None:
    mark = b"\xef\xbb\xbf"
    large = json.dumps("x" * 5_000).encode()
    key = submit(cloud, upload(cloud, mark + b"1\n" + mark + large + b"\n" + mark + b"\n" + b"2"))

    cloud.run()

    assert [result(cloud, key.subtask(index)) for index in range(3)] == [1, "x" * 5_000, 2]


def test_the_count_stops_at_the_limit(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskmill.model.batch_plan.MAX_SUBTASKS", 10)
    ref = upload(cloud, b"1\n" * 3_000_000)
    read = 0
    lines = type(cloud.wiring.payloads).lines

    def counted(*args: Any) -> Iterator[tuple[int, bytes]]:
        nonlocal read
        for each in lines(*args):
            read += 1
            yield each

    monkeypatch.setattr(type(cloud.wiring.payloads), "lines", counted)

    with pytest.raises(LimitExceeded, match="at most 10 are accepted"):
        submit(cloud, ref)

    assert read == 11


def test_more_than_a_million_blank_lines_are_refused(cloud: InProcessCloud) -> None:
    for body in (b"\n" * 1_000_002, b"1\n" + b" \r\n" * 1_000_001):
        with pytest.raises(LimitExceeded, match=r"blank lines; at most 1,000,000 are accepted"):
            submit(cloud, upload(cloud, body))

    assert MAX_BLANK_LINES == 1_000_000


def test_a_line_of_any_length_takes_little_memory() -> None:
    def chunks() -> Iterable[bytes]:
        yield b"1\n"
        for _ in range(255):
            yield b"x" * (1 << 20)
        yield b"\n2\n"

    tracemalloc.start()
    found = [(offset, len(line)) for offset, line in offset_lines(chunks())]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # Counted with one byte more than is accepted, so that it can be told from what is.
    assert [offset for offset, _ in found] == [0, 2, 3 + (255 << 20)]
    assert MAX_ELEMENT_BYTES < found[1][1] <= MAX_ELEMENT_BYTES + 4
    assert peak < 4 * MAX_ELEMENT_BYTES


# Uploads over HTTP


def test_an_upload_needs_its_size_which_is_signed(cloud: InProcessCloud) -> None:
    api = InProcessApi()

    answer = api.post(f"/v1/tenants/{TENANT}/uploads", {"size": 12})

    assert answer.status == 201
    assert "ContentLength=12" in answer.body["url"]
    assert "Tagging=taskmill-upload" in answer.body["url"]
    assert answer.body["headers"] == {
        "If-None-Match": "*",
        "x-amz-tagging": "taskmill-upload=open",
    }


@pytest.mark.parametrize("body", [{}, {"size": 0}, {"size": -1}, {"size": "12"}, {"size": 1.5}])
def test_an_upload_without_a_size_is_refused(cloud: InProcessCloud, body: Any) -> None:
    answer = InProcessApi().post(f"/v1/tenants/{TENANT}/uploads", body)

    assert (answer.status, answer.error["details"][0]["field"]) == (422, "size")


def test_an_upload_larger_than_the_maximum_gets_no_address(cloud: InProcessCloud) -> None:
    most = cloud.wiring.payloads.max_bytes

    answer = InProcessApi().post(f"/v1/tenants/{TENANT}/uploads", {"size": most + 1})

    assert (answer.status, answer.error["code"]) == (413, "too_large")
    assert f"{most:,}" in answer.error["message"]


def test_an_upload_that_nobody_submits_expires(cloud: InProcessCloud) -> None:
    left, taken = upload(cloud, b"1\n"), upload(cloud, b"2\n")
    key = submit(cloud, taken)

    cloud.bucket.expire("taskmill-upload=open")  # as the rule of the bucket does after a day
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert result(cloud, key.subtask(0)) == 2
    with pytest.raises(InvalidRequest, match="has expired, as what nobody submits does"):
        submit(cloud, left)


def test_the_tag_is_off_before_the_row_is_put(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = upload(cloud, b"1\n")
    put, seen = type(cloud.wiring.tasks).put, list[bool]()

    def watched(store: Any, row: Any) -> Any:
        seen.append(ref in cloud.bucket.tags)
        return put(store, row)

    monkeypatch.setattr(type(cloud.wiring.tasks), "put", watched)
    submit(cloud, ref)

    assert seen == [False]


def test_a_refused_submit_leaves_the_tag_on(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskmill.model.batch_plan.MAX_SUBTASKS", 1)
    ref = upload(cloud, b"1\n2\n")

    with pytest.raises(LimitExceeded):
        submit(cloud, ref)

    assert ref in cloud.bucket.tags


def test_the_address_that_botocore_signs_holds_the_caller_to_size_and_tag() -> None:
    import boto3
    from botocore.config import Config

    from taskmill.aws.s3.payloads import PayloadStore

    config = Config(signature_version="s3v4")
    client = boto3.client(
        "s3", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b", config=config
    )
    rows: Any = None
    url = PayloadStore(client, "bucket", rows=rows, max_bytes=100).upload_url("inputs/x", 12)

    assert "X-Amz-SignedHeaders=content-length%3Bhost%3Bif-none-match%3Bx-amz-tagging" in url
