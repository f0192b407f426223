"""What the Tab key offers: types, codes and schedules of the tenant, or nothing."""

from collections.abc import Callable

import pytest
import typer
from network import Network
from typer.testing import Result

from taskmill.cli.app import app
from taskmill.cli.completing import complete_keys, complete_schedules, complete_types
from taskmill.client import TaskClient

Offers = Callable[..., list[str]]


@pytest.fixture
def offers(run: Callable[..., Result], network: Network) -> Offers:
    """What a completion offers for a word, with the words of a key that stand before it."""
    network.idle = True

    def offers(complete: Callable[..., list[str]], incomplete: str, *key: str) -> list[str]:
        root = typer.main.get_command(app).make_context("taskmill", ["list"], obj=network)
        root.obj = network
        context = typer.Context(root.command, parent=root)
        context.params = {"key": list(key)}
        return complete(context, incomplete)

    return offers


def test_types_are_those_of_the_tasks(offers: Offers, client: TaskClient) -> None:
    for task_type in ("double", "double", "other"):
        client.submit(task_type, 1)
    client.map("squares", [1])

    assert sorted(offers(complete_types, "")) == ["double", "other", "squares"]
    assert offers(complete_types, "d") == ["double"]


def test_a_key_has_a_type_first_and_then_a_code(offers: Offers, client: TaskClient) -> None:
    client.submit("double", 1, code="a-1")
    client.submit("double", 1, code="b-1")

    assert offers(complete_keys, "dou") == ["double"]
    assert sorted(offers(complete_keys, "", "double")) == ["a-1", "b-1"]
    assert offers(complete_keys, "a", "double") == ["a-1"]


def test_schedules_have_names(offers: Offers, client: TaskClient) -> None:
    client.put_schedule("nightly", "double", "rate(1 day)", 1)

    assert offers(complete_schedules, "n") == ["nightly"]


def test_an_api_that_fails_offers_nothing_and_is_asked_once(
    offers: Offers, network: Network
) -> None:
    network.faults = [OSError("no network"), OSError("still none")]

    assert offers(complete_types, "") == []
    assert len(network.requests) == 1


def test_without_settings_there_is_nothing(
    offers: Offers, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    monkeypatch.delenv("TASKMILL_URL")

    assert offers(complete_types, "") == []
    assert network.requests == []
