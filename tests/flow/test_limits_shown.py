"""Limits and pauses as people see and set them, by way of the client."""

from collections.abc import Iterator

import pytest
from clouds import TENANT, submit

from taskmill.client import TaskClient
from taskmill.errors import InvalidRequest, TaskNotFound
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["shown_limit_tasks"]) as started:
        yield started


@pytest.fixture
def client(cloud: InProcessCloud) -> Iterator[TaskClient]:
    with cloud.client(TENANT) as made:
        yield made


def test_declared_limits_are_listed_before_anything_has_used_them(client: TaskClient) -> None:
    shown = {(each.name, each.kind, each.limit, each.rate) for each in client.limits()}

    assert shown >= {("limited-import", "concurrency", 3, None), ("mail", "rate", None, 60)}
    (shared,) = client.limits(name="warehouse", of_stack=True)
    assert (shared.name, shared.scope, shared.limit) == ("warehouse", "stack", 5)
    assert shared.types == ("limited-shared",)


def test_what_is_held_and_who_waits_is_shown_by_key(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    for _ in range(5):
        submit(cloud, "limited-sync", {"customer": "c-7"})
    submit(cloud, "limited-sync", {"customer": "c-8"})
    cloud.deliver_records()

    shown = {each.key: each for each in client.limits(name="limited-sync")}
    assert (shown["c-7"].held, shown["c-7"].waiting) == (2, 3)
    assert shown["c-7"].oldest_at is not None
    assert (shown["c-8"].held, shown["c-8"].waiting, shown["c-8"].oldest_at) == (1, 0, None)
    cloud.run()
    shown = {each.key: each for each in client.limits(name="limited-sync")}
    assert {(each.held, each.waiting) for each in shown.values()} == {(0, 0)}


def test_a_rate_limit_tells_its_next_start(cloud: InProcessCloud, client: TaskClient) -> None:
    for _ in range(4):
        submit(cloud, "limited-mail")
    cloud.deliver_records()

    (mail,) = client.limits(name="mail")
    assert mail.next_start_at is not None
    assert round(mail.next_start_at.timestamp() - cloud.now / 1000) == 4
    assert (mail.rate, mail.per_seconds, mail.burst) == (60, 60, 1)


def test_a_limit_that_is_set_goes_before_the_code_until_it_is_unset(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    keys = [submit(cloud, "limited-sync", {"customer": "c-7"}) for _ in range(5)]
    cloud.deliver_records()
    limit = client.set_limit("limited-sync", key="c-7", concurrency=4)
    assert (limit.limit, limit.key) == (4, "c-7")
    assert limit.set_at is not None
    cloud.deliver_records()
    held = client.limits(name="limited-sync")
    assert [each.held for each in held] == [4]

    cloud.run()
    assert {cloud.wiring.tasks.get(key).status for key in keys} == {Status.COMPLETED}
    unset = client.unset_limit("limited-sync", key="c-7")
    assert (unset.limit, unset.set_at) == (2, None)
    with pytest.raises(TaskNotFound, match="nothing is set for the limit 'limited-sync'"):
        client.unset_limit("limited-sync", key="c-7")


def test_a_limit_of_none_holds_all_and_a_higher_one_lets_them_go_on(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    client.set_limit("limited-import", concurrency=0)
    key = submit(cloud, "limited-import", 1)
    cloud.advance(seconds=60)
    assert cloud.wiring.tasks.get(key).status is Status.PARKED

    client.set_limit("limited-import", concurrency=1)
    cloud.run()
    assert cloud.wiring.tasks.get(key).status is Status.COMPLETED


def test_a_rate_that_is_set_is_heeded(cloud: InProcessCloud, client: TaskClient) -> None:
    limit = client.set_limit("mail", rate=1, per_seconds=1_000)
    assert (limit.rate, limit.per_seconds, limit.burst) == (1, 1_000, 1)
    submit(cloud, "limited-mail")
    late = submit(cloud, "limited-mail")
    cloud.advance(seconds=900)

    assert cloud.wiring.tasks.get(late).status is Status.SCHEDULED
    cloud.run()
    assert cloud.wiring.tasks.get(late).status is Status.COMPLETED


@pytest.mark.parametrize("wanted", [{}, {"concurrency": 1, "rate": 1}, {"burst": 3}])
def test_either_a_concurrency_or_a_rate_is_set(client: TaskClient, wanted: dict[str, int]) -> None:
    with pytest.raises(InvalidRequest, match="concurrency"):
        client.set_limit("mail", **wanted)


def test_a_list_has_pages(cloud: InProcessCloud, client: TaskClient) -> None:
    for number in range(7):
        submit(cloud, "limited-sync", {"customer": f"c-{number}"})
    cloud.deliver_records()

    whole = [each.key for each in client.limits(name="limited-sync", page_size=100)]
    assert [each.key for each in client.limits(name="limited-sync", page_size=2)] == whole
    assert whole == [f"c-{number}" for number in range(7)]


def test_a_type_is_paused_and_resumed(cloud: InProcessCloud, client: TaskClient) -> None:
    paused = client.pause("limited-mail")
    assert (paused.type, paused.paused, paused.waiting) == ("limited-mail", True, 0)
    key = submit(cloud, "limited-mail")
    cloud.advance(seconds=60)

    (listed,) = client.pauses().items
    assert (listed.type, listed.waiting) == ("limited-mail", 1)
    assert cloud.wiring.tasks.get(key).status is Status.PARKED
    assert client.resume("limited-mail").paused is False
    cloud.run()
    assert cloud.wiring.tasks.get(key).status is Status.COMPLETED
    assert client.pauses().items == ()
    with pytest.raises(TaskNotFound, match="'limited-mail' is not paused"):
        client.resume("limited-mail")


def test_a_tenant_is_paused_and_resumed(cloud: InProcessCloud, client: TaskClient) -> None:
    assert client.pause().type is None
    key = submit(cloud, "limited-import", 1)
    cloud.advance(seconds=60)
    assert cloud.wiring.tasks.get(key).status is Status.PARKED
    client.resume()
    cloud.run()
    assert cloud.wiring.tasks.get(key).status is Status.COMPLETED
    with pytest.raises(TaskNotFound, match=f"the tenant '{TENANT}' is not paused"):
        client.resume()
