"""Failures, look-ups, trees and batches by way of the client."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from network import Network

from taskmill.client import TaskClient
from taskmill.errors import InvalidRequest
from taskmill.model.statuses import Status


def test_failures_are_listed_page_by_page(client: TaskClient, network: Network) -> None:
    for number in range(5):
        client.submit("fails", number)
    client.submit("double", 1)
    network.requests.clear()

    found = list(client.failures(page_size=2))

    assert [each.type for each in found] == ["fails"] * 5
    assert len({each.fingerprint for each in found}) == 1
    assert len(network.requests) == 3
    assert len(list(client.failures("fails", fingerprint=found[0].fingerprint))) == 5
    assert list(client.failures("double")) == []


def test_tasks_are_looked_up_by_their_keys(client: TaskClient) -> None:
    tasks = [client.submit("double", number) for number in range(3)]
    versions = [client.get(each).version for each in tasks]

    found = client.lookup([*tasks, {"pk": "TASK#mbc", "sk": "double#none"}], summary=True)
    again = client.lookup(tasks, versions=versions)

    assert [each.key for each in found.items] == [each.key for each in tasks]
    assert [each.sk for each in found.missing] == ["double#none"]
    assert len(again.unchanged) == 3
    assert not again.items


def test_too_many_keys_are_refused(client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match="keys"):
        client.lookup([{"pk": "TASK#mbc", "sk": f"double#{number}"} for number in range(101)])


def test_a_list_is_filtered(client: TaskClient, network: Network) -> None:
    network.idle = True
    before = datetime.now(UTC) - timedelta(minutes=5)
    tasks = [client.submit("double", number) for number in range(3)]
    tasks += [client.submit("double", 7, code="own-7")]
    client.cancel(tasks[0])

    def found(**filters: Any) -> set[str]:
        return {each.code for each in client.list("double", page_size=2, **filters)}

    assert found(status=[Status.CANCELLED, Status.FAILED]) == {tasks[0].code}
    assert found(status=Status.CANCELLED) == {tasks[0].code}
    assert found(code_prefix="own-") == {"own-7"}
    assert found(created_after=before) == {each.code for each in tasks}
    assert found(created_before=before) == set()
    assert all(each.input is None for each in client.list(summary=True))


def test_a_time_without_its_zone_is_refused(client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match="created_after is a datetime with a time zone"):
        client.list(created_after=datetime(2026, 1, 1))  # noqa: DTZ001  # what is refused


def test_a_tree_and_batches_are_read(client: TaskClient) -> None:
    parent, fan_out = client.submit("double", 1), client.map("double", [1, 2, 3], batch_size=2)

    tree, batches = client.tree(parent, depth=2), client.batches(fan_out)

    assert tree.root.key == parent.key
    assert tree.nodes == ()
    assert [(each.first, each.last, each.status) for each in batches] == [
        (0, 1, "CLOSED"),
        (2, 2, "CLOSED"),
    ]
    with pytest.raises(InvalidRequest, match="depth"):
        client.tree(parent, depth=11)
