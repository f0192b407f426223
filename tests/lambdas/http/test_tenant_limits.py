"""Limits per tenant: what is beyond them is refused, and nobody else notices."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

Limited = Callable[..., InProcessCloud]


@pytest.fixture
def limited() -> Iterator[Limited]:
    """A cloud with these limits."""
    with ExitStack() as stack:

        def limited(**limits: int) -> InProcessCloud:
            environment = {f"TASKMILL_{name.upper()}": str(each) for name, each in limits.items()}
            return stack.enter_context(InProcessCloud(environment=environment))

        yield limited


def tasks_of(tenant: str) -> str:
    return f"/v1/tenants/{tenant}/tasks"


def test_a_tenant_that_sends_too_much_is_told_when_to_come_again(limited: Limited) -> None:
    cloud, api = limited(tenant_requests_per_second=2), InProcessApi()

    statuses = [api.get(tasks_of("mbc")).status for _ in range(21)]

    assert statuses == [200] * 20 + [429]
    refused = api.post(tasks_of("mbc"), {"taskType": "x"})
    assert refused.status == 429
    assert refused.error["code"] == "throttled"
    assert "'mbc' sends more than 2 requests a second" in refused.error["message"]
    assert refused.headers["Retry-After"] == "1"
    assert api.get(tasks_of("other")).status == 200
    cloud.sleep(1)
    assert api.get(tasks_of("mbc")).status == 200


def test_what_is_refused_makes_no_call_to_aws(limited: Limited) -> None:
    cloud, api = limited(tenant_requests_per_second=1), InProcessApi()
    for _ in range(10):
        api.get(tasks_of("mbc"))
    cloud.meter.calls.clear()

    assert api.post(tasks_of("mbc"), {"taskType": "x"}).status == 429
    assert cloud.meter.calls.total() == 0


def test_a_limit_costs_no_call_to_aws(limited: Limited) -> None:
    api = InProcessApi()
    calls = []
    for limits in ({}, {"tenant_requests_per_second": 100}):
        cloud = limited(**limits)
        api.post(tasks_of("mbc"), {"taskType": "x"})
        calls.append(dict(cloud.meter.calls))

    assert calls[0] == calls[1]


def test_routes_of_no_tenant_are_not_limited(limited: Limited) -> None:
    limited(tenant_requests_per_second=1)
    api = InProcessApi()

    assert {api.get("/health").status for _ in range(30)} == {200}


def test_by_default_a_tenant_may_send_what_the_api_takes(limited: Limited) -> None:
    limited()
    api = InProcessApi()

    assert {api.get(tasks_of("mbc")).status for _ in range(300)} == {200}


SIZE = {"size": 10}


def test_a_tenant_has_so_many_open_uploads_and_no_more(limited: Limited) -> None:
    cloud, api = limited(tenant_open_uploads=3), InProcessApi()
    uploads = "/v1/tenants/mbc/uploads"

    assert [api.post(uploads, SIZE).status for _ in range(4)] == [201, 201, 201, 429]
    refused = api.post(uploads, SIZE)
    assert "'mbc' has 3 open uploads" in refused.error["message"]
    assert refused.headers["Retry-After"] == "300"  # a third of the time that they are valid
    assert api.post("/v1/tenants/other/uploads", SIZE).status == 201
    cloud.sleep(300)
    assert [api.post(uploads, SIZE).status for _ in range(2)] == [201, 429]


def test_a_tenant_has_so_many_schedules_and_no_more(limited: Limited) -> None:
    limited(tenant_schedules=2)
    api = InProcessApi()
    body = {"taskType": "x", "expression": "rate(1 hour)"}

    def put(name: str, tenant: str = "mbc") -> int:
        return api.put(f"/v1/tenants/{tenant}/schedules/{name}", body).status

    assert [put("a"), put("b"), put("c")] == [200, 200, 409]
    assert put("a") == 200  # there already
    assert put("c", tenant="other") == 200
    api.delete("/v1/tenants/mbc/schedules/b")
    assert [put("c"), put("b")] == [200, 409]
    refused = api.put("/v1/tenants/mbc/schedules/b", body)
    assert "'mbc' has 2 schedules" in refused.error["message"]
    assert refused.error["details"][0]["limit"] == 2


def test_a_tenant_has_so_many_mappings_and_no_more(limited: Limited) -> None:
    limited(tenant_mappings=2)
    api = InProcessApi()

    def put(source: str, tenant: str = "mbc") -> int:
        path = f"/v1/tenants/{tenant}/callbacks/{source}~1"
        return api.put(path, {"event": "success", "callbackType": "y"}).status

    assert [put("a"), put("b"), put("c")] == [200, 200, 409]
    assert put("a") == 200  # there already
    assert put("c", tenant="other") == 200
    api.delete("/v1/tenants/mbc/callbacks/b~1")
    assert [put("c"), put("b")] == [200, 409]
    assert api.delete("/v1/tenants/mbc/callbacks/b~1").status == 404
    assert put("b") == 409
