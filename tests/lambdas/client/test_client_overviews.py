"""Failures, look-ups, trees and batches by way of the client."""

import pytest
from network import Network

from taskmill.client import TaskClient
from taskmill.errors import InvalidRequest


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
