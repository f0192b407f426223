"""How new tasks are named, by the configured scheme."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from builders import any_fan_out, any_task, any_tenant
from moto_cloud import MotoCloud
from ulid import ULID

from taskmill.errors import InvalidRequest
from taskmill.model.new_codes import made_here, uuid7
from taskmill.service.ids import Ids
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi


@contextmanager
def named(scheme: str, kind: type[InProcessCloud] = InProcessCloud) -> Iterator[InProcessCloud]:
    with kind(modules=["unit_tasks"], environment={"TASKMILL_IDS": scheme}) as cloud:
        yield cloud


def is_uuid(version: int) -> Callable[[str], bool]:
    return lambda code: uuid.UUID(code).version == version and str(uuid.UUID(code)) == code


FORMS: dict[str, Callable[[str], bool]] = {
    "": lambda code: str(ULID.from_str(code)) == code,
    "ulid": lambda code: str(ULID.from_str(code)) == code,
    "uuid4": is_uuid(4),
    "uuid7": is_uuid(7),
    "integer": str.isdecimal,
}


@pytest.mark.parametrize("scheme", FORMS)
def test_every_submit_is_named_by_the_scheme(scheme: str) -> None:
    with named(scheme) as cloud:
        tenant = any_tenant()
        tasks = [any_task(tenant_code=tenant, input=each) for each in range(30)]
        codes = [
            cloud.service.create_task(task=tasks[0]).code,
            *(each.code for each in cloud.service.create_tasks(tasks=tasks)),
            cloud.service.create_step_function_task(task=any_fan_out(tenant_code=tenant)).code,
        ]
        cloud.run()
        found = cloud.service.list_items_by_pk(tenant_code=tenant)

    assert all(FORMS[scheme](code) for code in codes)
    assert len(set(codes)) == 32
    assert {str(each.status) for each in found.items} == {"COMPLETED"}


@pytest.mark.parametrize("scheme", FORMS)
def test_a_code_of_one_s_own_stays(scheme: str) -> None:
    with named(scheme) as cloud:
        assert cloud.service.create_task(task=any_task(code="order-17")).code == "order-17"


def test_an_unknown_scheme_is_refused_with_the_known_ones() -> None:
    with (
        named("serial") as cloud,
        pytest.raises(ValueError, match="'serial': TASKMILL_IDS is one of ulid, uuid4, uuid7, int"),
    ):
        cloud.service  # noqa: B018  # it is made when first asked for


def test_a_uuid_of_version_7_sorts_by_time() -> None:
    before = time.time_ns() // 1_000_000
    codes = []
    for _ in range(5):
        codes.append(uuid7())
        time.sleep(0.002)
    after = time.time_ns() // 1_000_000

    assert codes == sorted(codes)
    assert all(before <= uuid.UUID(code).int >> 80 <= after for code in codes)
    assert {uuid.UUID(code).variant for code in codes} == {uuid.RFC_4122}
    assert len({uuid7() for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize("kind", [InProcessCloud, MotoCloud])
def test_numbers_follow_each_other_tenant_by_tenant(kind: type[InProcessCloud]) -> None:
    with named("integer", kind) as cloud:
        tenant, other = any_tenant(), any_tenant()
        first = cloud.service.create_task(task=any_task(tenant_code=tenant))
        many = cloud.service.create_tasks(
            tasks=[any_task(tenant_code=each) for each in (tenant, other, tenant)]
        )
        fan_out = cloud.service.create_step_function_task(task=any_fan_out(tenant_code=tenant))

    assert first.code == "1"
    assert [each.code for each in many] == ["2", "1", "3"]
    assert fan_out.code == "4"


def test_the_numbers_of_many_tasks_take_one_write() -> None:
    with named("integer") as cloud:
        tenant = any_tenant()
        cloud.meter.calls.clear()
        cloud.service.create_tasks(tasks=[any_task(tenant_code=tenant) for _ in range(100)])

        assert cloud.meter.calls == {
            "dynamodb.update_item": 1,
            "dynamodb.batch_execute_statement": 4,
            "sqs.send_message_batch": 10,
        }


def test_no_number_is_given_twice() -> None:
    with named("integer") as cloud:
        tenant, found = any_tenant(), list[str]()

        def take() -> None:
            found.extend(cloud.service.ids.new(tenant, 7))

        threads = [threading.Thread(target=take) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(map(int, found)) == list(range(1, 71))
    assert all(int(after) == int(before) + 1 for before, after in pairwise(found[:7]))


def test_a_number_of_one_s_own_is_refused_where_the_service_gives_them() -> None:
    with named("integer") as cloud:
        service = cloud.service
        submits: dict[str, Callable[[], object]] = {
            "code": lambda: service.create_task(task=any_task(code="17")),
            "tasks.1.code": lambda: service.create_tasks(tasks=[any_task(), any_task(code="17")]),
        }
        for field, submit in submits.items():
            with pytest.raises(InvalidRequest, match="numbered by the service") as refused:
                submit()
            assert refused.value.details["field"] == field
        with pytest.raises(InvalidRequest, match="numbered by the service"):
            service.create_step_function_task(task=any_fan_out(code="17"))
        answer = InProcessApi().post(
            "/v1/tenants/mbc/tasks", {"taskType": "export", "input": 1, "code": "17"}
        )
        assert (answer.status, answer.error["details"][0]["field"]) == (422, "code")

    with InProcessCloud() as cloud:
        assert cloud.service.create_task(task=any_task(code="17")).code == "17"


def test_the_counter_is_nothing_that_the_dispatcher_works_on() -> None:
    with named("integer") as cloud:
        key = cloud.service.create_task(task=any_task()).key
        cloud.run()

        assert cloud.service.get_task(key=key).status == "COMPLETED"
        assert cloud.queues.queues.get("failures", []) == []


def test_a_submitter_cannot_make_a_number() -> None:
    assert made_here("integer") is None
    assert FORMS["uuid7"](made_here("uuid7") or "")
    with pytest.raises(ValueError, match="need a table"):
        Ids("integer").new("mbc")
