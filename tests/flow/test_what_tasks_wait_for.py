"""What a task tells of what holds it back, and of the key that it has to itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from clouds import TENANT, get, submit

from taskmill.cli.tasks.show import details, note_text
from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["shown_limit_tasks"]) as started:
        yield started


@pytest.fixture
def client(cloud: InProcessCloud) -> Iterator[TaskClient]:
    with cloud.client(TENANT) as made:
        yield made


def test_a_task_without_a_slot_tells_the_limit_and_its_key(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    keys = [submit(cloud, "limited-sync", {"customer": "c-7"}) for _ in range(3)]
    cloud.deliver_records()

    running, _, waiting = (client.get(key) for key in keys)
    assert running.waits_for is None
    waits = waiting.waits_for
    assert waits is not None
    assert (waits.kind, waits.limit, waits.key) == ("limit", "limited-sync", "c-7")
    assert (waits.scope, waits.until) == ("tenant", None)
    assert dict(details(waiting))["waits for"] == "a slot of limited-sync, key c-7"
    assert note_text(waiting) == "waits for a slot of limited-sync, key c-7"
    cloud.run()
    assert get(cloud, keys[2]).waits_for is None


def test_a_limit_of_the_stack_is_told_as_such(cloud: InProcessCloud, client: TaskClient) -> None:
    client.set_limit("warehouse", concurrency=0, of_stack=True)
    key = submit(cloud, "limited-shared")
    cloud.deliver_records()

    task = client.get(key)
    assert task.waits_for is not None
    assert (task.waits_for.limit, task.waits_for.scope) == ("warehouse", "stack")
    assert dict(details(task))["waits for"] == "a slot of warehouse of all tenants"


def test_a_task_over_the_rate_tells_when_it_starts(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    keys = [submit(cloud, "limited-mail") for _ in range(3)]
    cloud.deliver_records()

    first, _, third = (client.get(key) for key in keys)
    assert first.waits_for is None  # it starts at once
    waits = third.waits_for
    assert waits is not None
    assert (waits.kind, waits.limit, waits.key) == ("rate", "mail", None)
    assert waits.until is not None
    assert round(waits.until.timestamp() - cloud.now / 1000) == 2
    assert dict(details(third))["waits for"].startswith("its start by the rate of mail: ")
    client.cancel(keys[2])
    assert client.get(keys[2]).waits_for is None
    cloud.run()
    assert client.get(keys[1]).waits_for is None


@pytest.mark.parametrize(
    ("paused", "told"),
    [
        ("limited-import", "the end of a pause of the type limited-import"),
        (None, "the end of a pause of the tenant"),
    ],
)
def test_a_task_of_a_pause_tells_what_is_paused(
    cloud: InProcessCloud, client: TaskClient, paused: str | None, told: str
) -> None:
    client.pause(paused)
    key = submit(cloud, "limited-import")
    cloud.advance(seconds=60)

    task = client.get(key)
    assert task.waits_for is not None
    assert (task.waits_for.kind, task.waits_for.key) == ("pause", paused)
    assert dict(details(task))["waits for"] == told
    client.resume(paused)
    cloud.run()
    assert client.get(key).waits_for is None


def test_a_task_that_waits_for_a_key_names_it(cloud: InProcessCloud, client: TaskClient) -> None:
    given = {"unique": {"key": "shop-7", "onConflict": "coalesce"}}
    running = submit(cloud, "limited-by-keys-only", **given)
    cloud.service.update_status(key=running, status="STARTED")
    waiting = submit(cloud, "limited-by-keys-only", **given)

    task = client.get(waiting)
    assert task.waits_for is not None
    assert (task.waits_for.kind, task.waits_for.key) == ("key", "shop-7")
    told = dict(details(task))
    assert told["waits for"] == "the end of the task that has the key shop-7"
    assert told["key to itself"] == "shop-7 until its end (coalesce)"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"unique": {"key": "7", "until": "start"}}, ("7", "unique", "existing", "start")),
        ({"unique": {"key": "a", "onConflict": "reject"}}, ("a", "unique", "reject", "end")),
        ({"debounce": {"key": "doc-1", "seconds": 30}}, ("doc-1", "debounce", None, "start")),
    ],
)
def test_a_task_tells_its_key(
    cloud: InProcessCloud, client: TaskClient, options: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    held = client.get(submit(cloud, "limited-import", **options)).unique
    assert held is not None
    assert (held.key, held.of, held.on_conflict, held.until) == expected
    plain = client.get(submit(cloud, "limited-import"))
    assert (plain.unique, plain.waits_for) == (None, None)


def test_the_types_tell_which_of_them_are_paused(client: TaskClient) -> None:
    def paused() -> set[str]:
        return {each.type for each in client.types().types if each.paused}

    assert paused() == set()
    client.pause("limited-mail")
    assert paused() == {"limited-mail"}
    client.pause()
    assert paused() == {each.type for each in client.types().types}
    client.resume()
    assert paused() == {"limited-mail"}
