"""Limits and pauses as people see and set them, by way of the client."""

from collections.abc import Iterator
from typing import Any

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
    assert (shown[None].limit, shown[None].keyed, shown[None].held) == (2, True, None)
    assert {(each.held, each.waiting) for key, each in shown.items() if key} == {(0, 0)}


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
    assert [(each.key, each.held) for each in held] == [(None, None), ("c-7", 4)]

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
    assert whole == [None, *(f"c-{number}" for number in range(7))]


def test_what_applies_to_a_key_is_told_before_it_is_used(client: TaskClient) -> None:
    client.set_limit("limited-sync", key="c-8", concurrency=9)

    shown = {key: list(client.limits(name="limited-sync", key=key)) for key in ("c-7", "c-8")}
    assert [
        [(each.key, each.limit, each.held) for each in of_key] for of_key in shown.values()
    ] == [
        [("c-7", 2, 0)],
        [("c-8", 9, 0)],
    ]


def test_a_limit_that_no_deployed_type_has_is_set_with_a_warning(client: TaskClient) -> None:
    assert client.set_limit("limited-sync", concurrency=5).warning is None
    odd = client.set_limit("limited-snc", concurrency=5)
    assert odd.warning == (
        "no task type that is deployed has a limit named 'limited-snc';"
        " did you mean 'limited-sync'?"
    )
    assert client.pause("limited-mail").warning is None
    assert client.pause("limited-mal").warning == (
        "no task type 'limited-mal' is deployed; did you mean 'limited-mail'?"
    )
    assert {each.name for each in client.limits(name="limited-snc")} == {"limited-snc"}
    client.unset_limit("limited-snc")
    assert list(client.limits(name="limited-snc")) == []


@pytest.mark.parametrize(
    ("name", "wanted", "refused"),
    [
        ("limited-sync", {"rate": 5}, "'limited-sync' is a limit of concurrency"),
        ("mail", {"concurrency": 5}, "'mail' is a limit of rate"),
        ("limited-import", {"key": "c-7", "concurrency": 5}, "does not count by key"),
    ],
)
def test_what_the_code_declares_otherwise_is_not_set(
    client: TaskClient, name: str, wanted: dict[str, Any], refused: str
) -> None:
    with pytest.raises(InvalidRequest, match=refused):
        client.set_limit(name, **wanted)
    assert [each.set_at for each in client.limits(name=name)] == [None]


def test_a_rate_and_a_concurrency_of_one_name_are_set_apart(client: TaskClient) -> None:
    client.set_limit("limited-both", concurrency=3)
    client.set_limit("limited-both", rate=7)

    shown = {each.kind: each for each in client.limits(name="limited-both")}
    assert (shown["concurrency"].limit, shown["rate"].rate) == (3, 7)
    client.unset_limit("limited-both")
    shown = {each.kind: each for each in client.limits(name="limited-both")}
    assert (shown["concurrency"].limit, shown["rate"].rate) == (2, 100)


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
