"""Two doors, one check: what one way to give many inputs refuses, every other one refuses."""

from collections.abc import Callable, Iterator
from typing import Any

import door_tasks
import pytest
from clouds import TENANT, get, submit
from door_tasks import INPUTS, OPTIONS, SEEN, counts, takes

from taskmill import connected
from taskmill.client import NewTask, TaskClient
from taskmill.errors import InvalidInput, InvalidRequest, LimitExceeded, TaskmillError
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud

TASKS_OF_DOORS = ["door-gathers", "gathers-untyped", "submits-many", "door-maps", "maps-untyped"]
DOORS = ["fn.map", "fn.map over HTTP", "client.map", *TASKS_OF_DOORS]
IN_A_LIST = ["a NaN", "no JSON", "a loop", "201 levels", "5,000 levels", "5,000 digits"]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessCloud]:
    monkeypatch.setattr("taskmill.model.batch_plan.MAX_SUBTASKS", 20_000)  # to be there sooner
    SEEN.clear()
    with InProcessCloud(["door_tasks"], environment={"TASKMILL_TENANT": TENANT}) as cloud:
        yield cloud


def knock(door: str, what: str, cloud: InProcessCloud, client: TaskClient) -> BaseException:
    """The error with which a door refuses an input; nothing must have been stored for it."""
    if door in TASKS_OF_DOORS or door == "gathers-one":
        key = submit(cloud, door, what)
        cloud.run()
        assert get(cloud, key).status == "FAILED"
        assert not get(cloud, key).child_count, "announced before it was checked"
        assert not cloud.service.list_children(key=key)
        assert SEEN[-1] is not None
        return SEEN[-1]
    calls: dict[str, Callable[[], Any]] = {
        "fn.map": lambda: takes.map(INPUTS[what]()),
        "client.map": lambda: client.map("takes", INPUTS[what]()),
        "submit_many": lambda: client.submit_many(INPUTS[what]()),
    }
    with pytest.raises(TaskmillError) as refused:
        if door == "fn.map over HTTP":
            with connected(client):
                calls["fn.map"]()
        else:
            calls[door]()
    assert not cloud.service.list_items_by_pk(tenant_code=TENANT, type="SFN_TASK").items
    return refused.value


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", INPUTS)
def test_every_door_refuses_what_the_others_refuse(
    door: str, what: str, cloud: InProcessCloud, client: TaskClient
) -> None:
    error = knock(door, what, cloud, client)

    expected: Any = LimitExceeded if what == "endless" else (InvalidRequest, InvalidInput)
    assert isinstance(error, expected)
    if what in IN_A_LIST:
        assert "input" in str(error)
    elif what != "endless":
        assert str(error).startswith("inputs is ")
        assert "give a list" in str(error)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("201 levels", "more than 200 levels"),
        ("5,000 levels", "more than 200 levels"),
        ("5,000 digits", "more than 4,300 digits"),
    ],
)
@pytest.mark.parametrize("door", DOORS)
def test_every_door_names_the_same_limit(
    door: str, what: str, words: str, cloud: InProcessCloud, client: TaskClient
) -> None:
    assert words in str(knock(door, what, cloud, client))


@pytest.mark.parametrize("door", DOORS)
def test_an_endless_iterator_is_read_up_to_the_limit(
    door: str, cloud: InProcessCloud, client: TaskClient
) -> None:
    limit = 20_000 if "map" in door else 10_000

    assert f"at most {limit:,} are accepted" in str(knock(door, "endless", cloud, client))


@pytest.mark.parametrize(
    "what", ["text", "an object", "a model", "a number", "nothing", "an async generator"]
)
def test_gather_of_one_argument_takes_no_other_things_either(
    what: str, cloud: InProcessCloud, client: TaskClient
) -> None:
    assert "gather" in str(knock("gathers-one", what, cloud, client))


@pytest.mark.parametrize(
    "what", ["text", "an object", "a model", "a number", "nothing", "an async generator"]
)
def test_many_single_tasks_are_given_as_a_list_too(
    what: str, cloud: InProcessCloud, client: TaskClient
) -> None:
    assert str(knock("submit_many", what, cloud, client)).startswith("tasks is ")


@pytest.mark.parametrize("item", [{"taskType": "takes"}, "takes", None])
def test_many_single_tasks_are_new_tasks_each(item: Any, client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match=r"^tasks\[1\] is .*: give a NewTask$"):
        client.submit_many([NewTask(task_type="takes"), item])


@pytest.mark.parametrize("what", OPTIONS)
def test_every_door_refuses_the_same_options(
    what: str, cloud: InProcessCloud, client: TaskClient
) -> None:
    (option,) = OPTIONS[what]
    key = submit(cloud, "maps-with", what)
    cloud.run()
    refusals = [SEEN[-1]]
    for door in (
        lambda: takes.map([1], **OPTIONS[what]),
        lambda: client.map("takes", [1], **OPTIONS[what]),
    ):
        with pytest.raises(InvalidRequest) as refused:
            door()
        refusals.append(refused.value)

    assert get(cloud, key).status == "FAILED"
    for error in refusals:
        assert isinstance(error, InvalidRequest)
        assert option in str(error) or door_tasks.camel(option) in str(error)


@pytest.mark.parametrize("door", ["gathers-wrong", "maps-wrong", "fn.map"])
def test_the_error_of_an_input_names_its_place(door: str, cloud: InProcessCloud) -> None:
    if door == "fn.map":
        with pytest.raises(InvalidInput, match=r"^input\[1\]: "):
            counts.map([1, "two"])
        return
    submit(cloud, door)
    cloud.run()

    assert isinstance(SEEN[-1], InvalidInput)
    assert str(SEEN[-1]).startswith("input[1]: ")


def test_no_inputs_are_no_error(cloud: InProcessCloud, client: TaskClient) -> None:
    assert takes.map([]).status() == "COMPLETED"
    assert client.map("takes", iter(())).status == "COMPLETED"


def test_a_single_input_has_the_same_limits(cloud: InProcessCloud, client: TaskClient) -> None:
    for value in (door_tasks.deep(201), 10**4_999, float("inf"), object()):
        with pytest.raises((InvalidRequest, InvalidInput)):
            takes.submit(value)
        with pytest.raises(InvalidRequest):
            client.submit("takes", value)
    with pytest.raises(InvalidRequest, match="more than 200 levels"):
        task = CreateTask(tenant_code=TENANT, task_type="takes", input=door_tasks.deep(201))
        cloud.service.create_task(task=task)

    assert takes.submit(door_tasks.deep(200)).wait() == door_tasks.deep(200)
