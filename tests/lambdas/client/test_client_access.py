from taskmill.client import TaskClient
from taskmill.testing.http import USER_ARN


def test_a_client_asks_who_it_is(client: TaskClient) -> None:
    found = client.whoami()

    assert found.user == USER_ARN
    assert found.may_write is None
    assert "types" in found.features


def test_a_signed_caller_finds_out_whether_it_may_write(client: TaskClient) -> None:
    assert client.may_write() is True


def test_the_tenants_of_a_stack_without_statistics_are_not_known(client: TaskClient) -> None:
    assert client.tenants() == ()


def test_the_types_of_the_stack_are_told(client: TaskClient) -> None:
    types = {each.type: each for each in client.types().types}

    assert types["double"].input_schema == {"type": "integer"}
