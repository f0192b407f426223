"""C24: who cancelled and retried a task stands in its history."""

from collections.abc import Iterator

import pytest
from clouds import get, submit

from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.history import Actor, actor_of, entry_of, short_name
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

TASKS = "/v1/tenants/mbc/tasks"


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["api_tasks"]) as cloud:
        yield cloud


def told(task: dict[str, object]) -> list[tuple[str, str | None]]:
    history = task["history"]
    assert isinstance(history, list)
    return [(each["status"], each.get("by")) for each in history if each.get("by")]


@pytest.mark.parametrize("kind", ["tasks", "step-function-tasks"])
def test_the_history_names_who_cancelled_and_who_retried(cloud: InProcessCloud, kind: str) -> None:
    alice = InProcessApi({"iam": {"userArn": "arn:aws:iam::1:user/ops/alice"}})
    bob = InProcessApi({"jwt": {"claims": {"sub": "bob"}, "scopes": None}})
    body = {"taskType": "any", "input": [1] if kind.startswith("step") else 1}
    path = f"/v1/tenants/mbc/{kind}/any/{alice.post(f'/v1/tenants/mbc/{kind}', body).body['code']}"

    alice.post(f"{path}/cancel")
    bob.post(f"{path}/retry")
    cloud.run()

    task = alice.get(path).body
    assert task["status"] == "COMPLETED"
    assert told(task) == [("CANCELLED", "alice"), ("CREATED", "bob")]


def test_a_task_that_nobody_touches_stores_nothing_of_it(cloud: InProcessCloud) -> None:
    code = InProcessApi().post(TASKS, {"taskType": "any"}).body["code"]
    cloud.run()

    stored = cloud.wiring.tasks.get(TaskKey(Kind.TASK, "mbc", "any", code))

    assert {len(entry) for entry in stored.history} == {3}


def test_children_are_cancelled_by_who_cancelled_their_parent(cloud: InProcessCloud) -> None:
    row = cloud.wiring.tasks.get(submit(cloud, "any"))

    assert cloud.wiring.children.cancel([row], actor=Actor("alice")) == [True]

    assert get(cloud, row.key).history[-1].by == "alice"


def test_a_retried_child_names_who_did_it(cloud: InProcessCloud) -> None:
    row = cloud.wiring.tasks.get(submit(cloud, "any"))
    cloud.wiring.children.cancel([row])

    cancelled = cloud.wiring.tasks.get(row.key)
    again = cloud.wiring.children.reopen(cancelled, actor=Actor("bob", "because"))

    assert again.history[-1][3:] == ("bob", "because")
    assert get(cloud, row.key).history[-1].reason == "because"


def test_later_moves_keep_who_it_was() -> None:
    entry = ("CANCELLED", 5, 0, "alice", "stale")

    assert entry_of(list(entry)) == entry
    assert actor_of(entry) == Actor("alice", "stale")
    assert actor_of(("CANCELLED", 5, 0)) == Actor()
    assert entry_of(["CANCELLED", 5, 0, "", "stale"])[3:] == Actor(None, "stale").tail


def test_an_entry_that_a_newer_version_wrote_otherwise_is_read_without_it() -> None:
    assert entry_of(["CREATED", 1, 0, 7, "x", "y"]) == ("CREATED", 1, 0)


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ("arn:aws:iam::123456789012:user/ops/alice", "alice"),
        ("arn:aws:iam::123456789012:root", "root"),
        (
            "arn:aws:sts::123456789012:assumed-role/Admin/alice@example.com",
            "Admin/alice@example.com",
        ),
        ("arn:aws-cn:sts::123456789012:assumed-role/Admin/a", "Admin/a"),
        ("arn:", "arn:"),
        ("2f9d1e6a-subject", "2f9d1e6a-subject"),
        ("", None),
        (None, None),
        ("x" * 2_000, "x" * 63 + "…"),
    ],
)
def test_a_caller_is_stored_by_the_short_name(user: str | None, name: str | None) -> None:
    assert short_name(user) == name
