import io
import json

import pytest
from botocore.exceptions import ClientError
from builders import JSON, KEYS, any_fan_out, any_fan_out_key, any_key, any_tenant
from hypothesis import given
from hypothesis import strategies as st

from taskmill.aws.dynamodb.codec import decode_item, encode_item
from taskmill.aws.s3.payloads import (
    PayloadRef,
    PayloadStore,
    input_key,
    offset_lines,
    result_key,
    upload_prefix,
)
from taskmill.errors import InvalidRequest, LimitExceeded
from taskmill.model.json_text import dump_json
from taskmill.model.keys import TaskKey
from taskmill.testing import InProcessCloud

BOM = b"\xef\xbb\xbf"
LINES = st.lists(st.sampled_from([b"1", b'{"a": 2}', b"[]", b"", b"  ", b"\r", b'"\xc3\xa4"\r']))


@given(KEYS, st.none() | st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)))
def test_a_reference_reads_back_as_itself(key: TaskKey, span: tuple[int, int] | None) -> None:
    ref = PayloadRef(result_key(key, "fence"), *(span or ()))

    assert PayloadRef.parse(str(ref)) == ref


@given(LINES, st.booleans(), st.booleans(), st.data())
def test_lines_are_found_where_they_lie_however_they_arrive(
    lines: list[bytes],
    marked: bool,  # noqa: FBT001
    ended: bool,  # noqa: FBT001
    data: st.DataObject,
) -> None:
    body = (BOM if marked else b"") + b"\n".join(lines) + (b"\n" if ended else b"")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    chunks = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    found = list(offset_lines(chunks))

    assert [line for _, line in found] == [line for line in lines if line.strip()]
    assert all(body[at : at + len(line)] == line for at, line in found)


def upload(cloud: InProcessCloud, tenant: str, body: bytes) -> str:
    ref = cloud.service.create_upload(tenant_code=tenant).input_ref
    cloud.wiring.client("s3").put_object(Bucket="payloads", Key=ref, Body=body)
    return ref


@pytest.mark.parametrize("size", [10, 5_000])
def test_an_upload_with_a_byte_order_mark_is_read(cloud: InProcessCloud, size: int) -> None:
    """Small elements stay in their rows, large ones are read from the upload again."""
    tenant, elements = any_tenant(), ["ä" * size, "last"]
    body = BOM + "\r\n".join(json.dumps(each) for each in elements).encode()
    ref = upload(cloud, tenant, body)
    task = any_fan_out(tenant_code=tenant, input=None, input_ref=ref, batch_size=10)
    key = cloud.service.create_step_function_task(task=task).key

    cloud.run()

    subtasks = cloud.service.get_all_sub_task(key=key)
    assert [str(each.status) for each in subtasks] == ["COMPLETED", "COMPLETED"]


def test_a_file_of_nothing_but_a_mark_is_empty(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    ref = upload(cloud, tenant, BOM + b"\r\n\n")
    task = any_fan_out(tenant_code=tenant, input=None, input_ref=ref)

    assert cloud.service.create_step_function_task(task=task).status == "COMPLETED"


@given(JSON)
def test_json_survives_being_stored_as_text(value: object) -> None:
    assert json.loads(dump_json(value, field="input")) == value


@given(JSON)
def test_json_survives_being_stored_as_an_attribute(value: object) -> None:
    assert decode_item(encode_item({"value": value})) == {"value": value}


@pytest.mark.parametrize("number", [0, -0.0, 1, 10**37, -1, 0.1, 1e22, 1.5e-90, 1e100, 2**63])
def test_numbers_come_back_as_int_or_float(number: float) -> None:
    stored = decode_item(encode_item({"n": number}))["n"]

    assert stored == number
    assert isinstance(stored, int | float)


def loop() -> list[object]:
    found: list[object] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {1, 2}, b"", object(), io.StringIO(), loop()]
)
def test_what_is_no_json_is_refused_with_the_field(value: object) -> None:
    with pytest.raises(InvalidRequest, match="input is not JSON") as refused:
        dump_json(value, field="input")

    assert refused.value.details["field"] == "input"


def test_a_lone_surrogate_is_kept_as_an_escape() -> None:
    text = dump_json({"name": "\udc80"}, field="input")

    assert json.loads(text.encode()) == {"name": "\udc80"}


def test_a_part_of_an_object_is_read_by_its_span(cloud: InProcessCloud) -> None:
    payloads = cloud.wiring.payloads
    payloads.put("lines", '"first"\n"second"\n')

    assert payloads.get("lines") == '"first"\n"second"\n'
    assert payloads.get(str(PayloadRef("lines", 8, 8))) == '"second"'
    assert list(payloads.lines("lines")) == [(0, b'"first"'), (8, b'"second"')]


def test_above_the_maximum_nothing_is_stored(cloud: InProcessCloud) -> None:
    rows = cloud.wiring.payloads.rows
    small = PayloadStore(cloud.wiring.client("s3"), "payloads", rows=rows, max_bytes=10)
    small.put("fits", "x" * 10)

    with pytest.raises(LimitExceeded, match="payload is 11 bytes; at most 10 are accepted"):
        small.put("large", "x" * 11)
    with pytest.raises(InvalidRequest, match="names no uploaded object"):
        small.uploaded("large")


@given(KEYS, KEYS)
def test_two_attempts_never_share_a_place_for_their_results(one: TaskKey, other: TaskKey) -> None:
    assert result_key(one, "a") != result_key(one, "b")
    assert (result_key(one, "a") == result_key(other, "a")) == (one == other)


def test_an_input_s_place_is_named_by_its_content() -> None:
    key = any_key()

    assert input_key(key, "1", "json") == input_key(key, "1", "json")
    assert input_key(key, "1", "json") != input_key(key, "2", "json")


@given(KEYS, st.text(max_size=5))
def test_no_task_can_write_among_uploads(key: TaskKey, text: str) -> None:
    assert not input_key(key, text, "jsonl").startswith(upload_prefix(key.tenant))


def test_results_of_a_task_and_of_a_subtask_lie_apart() -> None:
    parent = any_fan_out_key(code="c")

    assert result_key(parent.subtask(1), "f") != result_key(parent, "1-f")


@pytest.mark.parametrize("status", [403, 404])
def test_an_upload_that_is_missing_is_told_though_s3_says_forbidden(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Without the right to list the bucket, S3 answers 403 for an object that does not exist."""

    def head_object(**_: object) -> None:
        metadata = {"HTTPStatusCode": status}
        error = {"Error": {"Code": str(status), "Message": ""}, "ResponseMetadata": metadata}
        raise ClientError(error, "HeadObject")  # type: ignore[arg-type]

    with InProcessCloud() as cloud:
        monkeypatch.setattr(cloud.bucket, "head_object", head_object)
        with pytest.raises(InvalidRequest, match="inputRef names no uploaded object"):
            cloud.wiring.payloads.uploaded("inputs/mbc/_uploads/missing")
