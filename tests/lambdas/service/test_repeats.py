"""Submits that are sent again: however they are written, and however many they are."""

import json
from typing import Any

import pytest
from builders import any_code, any_fan_out, any_task, any_tenant

from taskmill.errors import IdempotencyConflict, TaskExists
from taskmill.model.api.requests import CreateTask
from taskmill.models import CreateStepFunctionTask, Task
from taskmill.service.same_inputs import same_json
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

LARGE = "x" * 2_000  # then the input has a row of its own
HUGE = "x" * 20_000  # then it is an object in the bucket
# Texts of one request that are the same JSON.
SAME = {
    "the order of keys": ('{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}'),
    "whole numbers as fractions": ('{"a":1,"b":[2]}', '{"a":1.0,"b":[2e0]}'),
    "large numbers": ("[100, 1e2, 1.50]", "[1e2, 100.0, 1.5]"),
    "escapes": ('{"é":"\u00fc😀"}', '{"\\u00e9":"\\u00fc\\ud83d\\ude00"}'),
    "slashes": ('["a/b"]', '["a\\/b"]'),
    "white space": ('[1,{"a":[]}]', ' [ 1 ,\n\t{ "a" : [ ] } ] '),
    "zeros": ("[0, 0.0, -0.0]", "[0.0, 0, 0]"),
    "keys in lists": ('[{"a":1,"b":2}]', '[{"b":2,"a":1}]'),
}
DIFFERENT = {
    "a flag for a number": ("[1]", "[true]"),
    "a text for a number": ("[1]", '["1"]'),
    "null for nothing": ('{"a":null}', "{}"),
    "another order of a list": ("[1,2]", "[2,1]"),
    "zero for false": ("[0]", "[false]"),
    "an empty list for an empty map": ("[[]]", "[{}]"),
    "one more": ("[1]", "[1,1]"),
}
PADS = {"in the row": "", "in a row of its own": LARGE, "in the bucket": HUGE}


def padded(text: str, pad: str) -> Any:
    return [json.loads(text), pad] if pad else json.loads(text)


@pytest.mark.parametrize("pad", PADS.values(), ids=PADS)
@pytest.mark.parametrize("how", ["code", "idempotency_key"])
@pytest.mark.parametrize("texts", SAME.values(), ids=SAME)
def test_the_same_input_in_other_words_is_the_same_request(
    cloud: InProcessCloud, texts: tuple[str, str], how: str, pad: str
) -> None:
    one, other = (padded(text, pad) for text in texts)
    task = any_task(input=one, **{how: any_code()})

    first = cloud.service.create_task(task=task)
    again = cloud.service.create_task(task=task.model_copy(update={"input": other}))

    assert again.key == first.key


@pytest.mark.parametrize("pad", PADS.values(), ids=PADS)
@pytest.mark.parametrize("texts", DIFFERENT.values(), ids=DIFFERENT)
def test_another_input_is_another_request_and_the_refusal_says_so(
    cloud: InProcessCloud, texts: tuple[str, str], pad: str
) -> None:
    one, other = (padded(text, pad) for text in texts)
    task = any_task(input=one, code=any_code())
    cloud.service.create_task(task=task)

    with pytest.raises(TaskExists, match="with another input") as refusal:
        cloud.service.create_task(task=task.model_copy(update={"input": other}))

    assert refusal.value.details["field"] == "input"


@pytest.mark.parametrize("pad", PADS.values(), ids=PADS)
@pytest.mark.parametrize("how", ["code", "idempotency_key"])
def test_a_fan_out_in_other_words_is_the_same(cloud: InProcessCloud, how: str, pad: str) -> None:
    one = [{"a": 1, "b": 2}, [1.0], pad]
    other = [{"b": 2, "a": 1.0}, [1], pad]
    task = any_fan_out(input=one, **{how: any_code()})

    first = cloud.service.create_step_function_task(task=task)
    again = cloud.service.create_step_function_task(task=task.model_copy(update={"input": other}))

    assert again.key == first.key
    if how == "code":
        with pytest.raises(TaskExists, match="with another input"):
            longer = task.model_copy(update={"input": [*other, 5]})
            cloud.service.create_step_function_task(task=longer)


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "name": ({"name": "another"}, "name"),
    "notify": ({"notify": "none"}, "notify"),
    "priority": ({"priority": "high"}, "priority"),
    "delay": ({"delay_seconds": 60}, "delaySeconds"),
    "success": ({"on_success": ("mail",)}, "onSuccess"),
    "failure": ({"on_failure": ("mail",)}, "onFailure"),
    "completion": ({"on_completion": ("mail",)}, "onCompletion"),
}


@pytest.mark.parametrize(("other", "field"), OTHERS.values(), ids=OTHERS)
def test_a_refusal_names_the_field_that_differs(
    cloud: InProcessCloud, other: dict[str, Any], field: str
) -> None:
    task = any_task(input=1, code=any_code())
    cloud.service.create_task(task=task)

    with pytest.raises(TaskExists, match=f"with another {field}") as refusal:
        cloud.service.create_task(task=task.model_copy(update=other))

    assert refusal.value.details == {"field": field}


@pytest.mark.parametrize(("other", "field"), OTHERS.values(), ids=OTHERS)
def test_a_refused_idempotency_key_names_the_field_that_differs(
    cloud: InProcessCloud, other: dict[str, Any], field: str
) -> None:
    task = any_task(input=1, idempotency_key="k")
    first = cloud.service.create_task(task=task)
    changed = task.model_copy(update=other)

    if field == "name":  # a display name does not count
        assert cloud.service.create_task(task=changed).key == first.key
        return
    with pytest.raises(IdempotencyConflict, match=f"with another {field}") as refusal:
        cloud.service.create_task(task=changed)

    assert refusal.value.details == {"field": "idempotencyKey", "differs": field}


FAN_OUT_OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "batch size": ({"batch_size": 3}, "batchSize"),
    "concurrency": ({"max_concurrency": 3}, "maxConcurrency"),
    "tolerance": ({"tolerated_failures": "50%"}, "toleratedFailures"),
}


@pytest.mark.parametrize(("other", "field"), FAN_OUT_OTHERS.values(), ids=FAN_OUT_OTHERS)
def test_a_refusal_names_the_field_of_a_fan_out(
    cloud: InProcessCloud, other: dict[str, Any], field: str
) -> None:
    task = any_fan_out(code=any_code())
    cloud.service.create_step_function_task(task=task)

    with pytest.raises(TaskExists, match=f"with another {field}"):
        cloud.service.create_step_function_task(task=task.model_copy(update=other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"notify": "each"}),
        ({}, {"priority": "normal"}),
        ({}, {"delay_seconds": 0}),
        ({}, {"name": "export"}),
        ({}, {"on_success": ()}),
        ({"on_success": ("a", "b")}, {"on_success": ("b", "a", "b")}),
    ],
    ids=str,
)
@pytest.mark.parametrize("how", ["code", "idempotency_key"])
def test_a_default_may_be_written_out(
    cloud: InProcessCloud, one: dict[str, Any], other: dict[str, Any], how: str
) -> None:
    task = any_task(input=1, **{how: any_code()})

    first = cloud.service.create_task(task=task.model_copy(update=one))
    again = cloud.service.create_task(task=task.model_copy(update=other))

    assert again.key == first.key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"batch_size": 2}),
        ({}, {"tolerated_failures": 0}),
        ({}, {"tolerated_failures": "0%"}),
        ({"tolerated_failures": 2}, {"tolerated_failures": "2"}),
        ({"tolerated_failures": "5%"}, {"tolerated_failures": "5.0%"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("how", ["code", "idempotency_key"])
def test_a_default_of_a_fan_out_may_be_written_out(
    cloud: InProcessCloud, one: dict[str, Any], other: dict[str, Any], how: str
) -> None:
    task = any_fan_out(input=[1, 2, 3], **{how: any_code()})
    if other == {"batch_size": 2}:  # what three elements get by default
        default = cloud.service.create_step_function_task(task=any_fan_out(input=[1, 2, 3]))
        other = {"batch_size": default.batch_size}

    first = cloud.service.create_step_function_task(task=task.model_copy(update=one))
    again = cloud.service.create_step_function_task(task=task.model_copy(update=other))

    assert again.key == first.key


# Uploads


def upload(cloud: InProcessCloud, tenant: str, body: bytes) -> str:
    made = cloud.service.create_upload(tenant_code=tenant)
    cloud.bucket.put_object(Key=made.input_ref, Body=body)
    return made.input_ref


@pytest.mark.parametrize("how", ["code", "idempotency_key"])
def test_two_uploads_of_one_content_are_one_request_whatever_their_etags(
    cloud: InProcessCloud, how: str
) -> None:
    """With SSE-KMS an ETag is no digest of the content: each upload has another."""
    real, tenant = cloud.bucket.head_object, any_tenant()
    cloud.bucket.head_object = lambda **request: {  # type: ignore[method-assign]
        **real(**request),
        "ETag": f'"{request["Key"]}"',
    }
    named = {"tenant_code": tenant, "task_type": "export", how: any_code()}

    keys = {
        cloud.service.create_step_function_task(
            task=CreateStepFunctionTask(input_ref=upload(cloud, tenant, body), **named)
        ).key
        for body in (b'{"a":1,"b":2}\n[3]\n', b'{"b":2,"a":1.0}\r\n\r\n[3]')
    }

    assert len(keys) == 1
    with pytest.raises((TaskExists, IdempotencyConflict), match="with another input"):
        cloud.service.create_step_function_task(
            task=CreateStepFunctionTask(
                input_ref=upload(cloud, tenant, b'{"a":1,"b":3}\n[3]\n'), **named
            )
        )


def test_an_input_that_has_expired_is_not_the_same(cloud: InProcessCloud) -> None:
    task = any_task(input=[HUGE, {"a": 1}], code=any_code())
    cloud.service.create_task(task=task)
    cloud.bucket.objects.clear()

    with pytest.raises(TaskExists):
        cloud.service.create_task(task=task.model_copy(update={"input": [HUGE, 2]}))


# Many at once


def many(**fields: Any) -> list[CreateTask]:
    tenant = any_tenant()
    return [
        any_task(
            tenant_code=tenant,
            input=[number, fields.get("pad", "")],
            **{fields["how"]: f"n{number}"},
        )
        for number in range(100)
    ]


@pytest.mark.parametrize("pad", ["", LARGE], ids=["small", "large"])
def test_a_hundred_tasks_sent_again_are_looked_up_together(cloud: InProcessCloud, pad: str) -> None:
    tasks = many(how="code", pad=pad)
    first = cloud.service.create_tasks(tasks=tasks)
    cloud.meter.calls.clear()

    again = cloud.service.create_tasks(tasks=tasks)

    assert [each.key for each in again] == [each.key for each in first]
    assert cloud.meter.calls.pop("sqs.send_message_batch") == 10  # in vain: the workers drop them
    assert cloud.meter.calls.total() <= 12, cloud.meter.calls


def test_a_hundred_tasks_with_idempotency_keys_sent_again_are_looked_up_together(
    cloud: InProcessCloud,
) -> None:
    tasks = many(how="idempotency_key")
    first = cloud.service.create_tasks(tasks=tasks)
    cloud.meter.calls.clear()

    again = cloud.service.create_tasks(tasks=tasks)

    assert [each.key for each in again] == [each.key for each in first]
    assert cloud.meter.calls.total() <= 6, cloud.meter.calls


@pytest.mark.parametrize("how", ["code", "idempotency_key"])
def test_what_a_broken_request_had_not_stored_is_stored_by_the_next(
    cloud: InProcessCloud, how: str
) -> None:
    tasks = many(how=how)
    first = cloud.service.create_tasks(tasks=tasks[:60])

    again = cloud.service.create_tasks(tasks=tasks)

    assert [each.key for each in again[:60]] == [each.key for each in first]
    assert len({each.key for each in again}) == 100


def test_a_first_request_looks_nothing_up(cloud: InProcessCloud) -> None:
    cloud.service.create_tasks(tasks=many(how="code"))

    assert cloud.meter.calls == {
        "dynamodb.batch_execute_statement": 4,
        "sqs.send_message_batch": 10,
    }


@pytest.mark.parametrize("how", ["code", "idempotency_key"])
def test_of_many_the_one_that_differs_is_refused_by_name(cloud: InProcessCloud, how: str) -> None:
    tasks = many(how=how)
    cloud.service.create_tasks(tasks=tasks)
    tasks[37] = tasks[37].model_copy(update={"input": "another"})

    with pytest.raises((TaskExists, IdempotencyConflict), match="with another input"):
        cloud.service.create_tasks(tasks=tasks)


def test_the_api_says_which_field_differs(cloud: InProcessCloud) -> None:
    del cloud
    api, tenant = InProcessApi(), any_tenant()
    path = f"/v1/tenants/{tenant}/tasks"
    one = api.post(path, {"taskType": "export", "code": "c", "input": {"a": 1, "b": 2}})
    same = api.post(path, {"input": {"b": 2.0, "a": 1}, "code": "c", "taskType": "export"})
    other = api.post(path, {"taskType": "export", "code": "c", "input": {"a": 1}})

    assert (one.status, same.status, other.status) == (202, 202, 409)
    assert other.error["details"][0]["field"] == "input"
    assert Task.model_validate(same.body).code == "c"


def test_json_deeper_than_the_stack_is_compared() -> None:
    one: Any = 1
    other: Any = 1.0
    for _ in range(10_000):
        one, other = [one], [other]

    assert same_json(one, other)
