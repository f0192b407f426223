"""A secret reaches the function and whoever asks for the result; no view of a task has it."""

import json
import uuid
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from taskmill import MapHandle, TaskContext, task
from taskmill.client import TaskClient
from taskmill.errors import InvalidRequest
from taskmill.testing import InProcessCloud

SEEN: list[Any] = []


class Login(BaseModel):
    user: str
    password: SecretStr


class Session(BaseModel):
    token: SecretStr


@task("secret-log-in", on_success="secret-snapshot")
def log_in(login: Login) -> Session:
    SEEN.append(login.password.get_secret_value())
    return Session(token=SecretStr(f"token of {login.user}"))


@task("secret-snapshot")
def snapshot(ended: Any) -> None:
    SEEN.append(json.dumps(ended))


@task("secret-parent")
def parent(login: Login, ctx: TaskContext) -> int:
    session = ctx.run(log_in, login)
    assert isinstance(session, Session)
    return len(session.token.get_secret_value())


@pytest.fixture(autouse=True)
def seen() -> list[Any]:
    SEEN.clear()
    return SEEN


def login(password: str = "") -> Login:
    return Login(user="ada", password=SecretStr(password or "pa55word"))


def test_a_secret_is_kept_and_shown_nowhere(cloud: InProcessCloud) -> None:
    handle = log_in.submit(login(), tenant="mbc")
    cloud.run()

    assert SEEN[0] == "pa55word"
    assert handle.result() == Session(token=SecretStr("token of ada"))
    shown = handle.task()
    listed = cloud.service.list_items_by_pk(tenant_code="mbc").items
    texts = [shown.model_dump_json(), *(each.model_dump_json() for each in listed), SEEN[1]]
    for text in texts:
        assert "pa55word" not in text
        assert "token of ada" not in text
    assert shown.input is None
    assert str(shown.input_ref).startswith("inputs/")


def test_a_secret_reaches_a_child_and_comes_back(cloud: InProcessCloud) -> None:
    handle = parent.submit(login(), tenant="mbc")
    cloud.run()

    assert handle.result() == len("token of ada")


def test_secrets_of_a_fan_out_are_kept_and_not_shown(cloud: InProcessCloud) -> None:
    handle = log_in.map([login("pa55-1"), login("pa55-2")], tenant="mbc")
    cloud.run()

    assert isinstance(handle, MapHandle)
    assert sorted(SEEN[:2]) == ["pa55-1", "pa55-2"]
    assert [each.token.get_secret_value() for each in handle.results()] == ["token of ada"] * 2
    shown = [each.model_dump_json() for each in (handle.task(), *handle.subtasks())]
    assert not [text for text in shown if "pa55" in text or "token of" in text]


def test_a_schedule_does_not_show_a_secret(cloud: InProcessCloud) -> None:
    given = {"user": "ada", "password": "pa55word"}
    stored = cloud.service.schedule(
        tenant_code="mbc",
        name=f"s-{uuid.uuid4().hex}",
        task_type="secret-log-in",
        expression="rate(1 hour)",
        input=given,
    )

    assert stored.input is None


def test_a_client_without_a_hint_refuses_a_secret() -> None:
    client = TaskClient("https://api.example", tenant="mbc", token="t")
    with pytest.raises(InvalidRequest, match="password: is a secret"):
        client.submit("secret-log-in", login())
