"""Callback mappings from Python and from the shell."""

import json
from collections.abc import Callable

import pytest
from network import UNANSWERED, Network
from typer.testing import Result

from taskmill.client import Conflict, InvalidRequest, TaskClient, TaskNotFound
from taskmill.errors import InvalidKey
from taskmill.testing import InProcessCloud

Run = Callable[..., Result]


# From Python


def test_a_client_registers_and_reads_a_mapping(client: TaskClient) -> None:
    stored = client.register_callback("double", "success", "repeat")

    assert (stored.id, stored.task_type) == ("double~success~repeat", "double")
    assert (stored.event, stored.callback_type) == ("success", "repeat")
    assert client.callback(stored.id) == stored
    assert list(client.callbacks("double")) == [stored]
    assert list(client.callbacks("repeat")) == []


def test_registering_twice_changes_nothing(client: TaskClient) -> None:
    first = client.register_callback("double", "success", "repeat")

    assert client.register_callback("double", "success", "repeat") == first
    assert list(client.callbacks("double")) == [first]


def test_a_mapping_may_have_an_id_of_its_own(client: TaskClient) -> None:
    client.register_callback("double", "success", "repeat", id="double~mine")
    client.register_callback("double", "failure", "page", id="double~mine")

    (mapping,) = client.callbacks("double")
    assert (mapping.id, mapping.event, mapping.callback_type) == ("double~mine", "failure", "page")


def test_a_client_deletes_a_mapping(client: TaskClient) -> None:
    stored = client.register_callback("double", "success", "repeat")

    assert client.delete_callback(stored.id) == stored
    with pytest.raises(TaskNotFound, match="double~success~repeat"):
        client.delete_callback(stored.id)
    with pytest.raises(TaskNotFound):
        client.callback(stored.id)


def test_a_put_whose_answer_is_lost_is_repeated(client: TaskClient, network: Network) -> None:
    network.faults = [UNANSWERED]

    client.register_callback("double", "success", "repeat")

    assert [each.method for each in network.requests] == ["PUT", "PUT"]
    assert len(list(client.callbacks("double"))) == 1


def test_a_refusal_names_the_field(client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match="itself") as refused:
        client.register_callback("double", "success", "double")
    assert refused.value.details["field"] == "callbackType"
    with pytest.raises(InvalidRequest) as refused:
        client.register_callback("double", "sometimes", "repeat")  # type: ignore[arg-type]
    assert refused.value.details["field"] == "event"


def test_the_limit_is_told(client: TaskClient) -> None:
    for number in range(50):
        client.register_callback("double", "success", f"c{number}")

    with pytest.raises(Conflict, match="at most 50"):
        client.register_callback("double", "success", "repeat")


def test_an_id_that_is_none_asks_nobody(client: TaskClient, network: Network) -> None:
    with pytest.raises(InvalidKey, match="id"):
        client.delete_callback("../tasks/double/1")
    with pytest.raises(InvalidKey, match="double~"):
        client.register_callback("double", "success", "repeat", id="repeat~mine")

    assert network.requests == []


# From the shell


def test_add_prints_the_id_and_what_will_happen(run: Run, client: TaskClient) -> None:
    result = run("callbacks", "add", "double", "--on", "success", "--run", "repeat")

    assert result.stdout == "double~success~repeat\n"
    assert result.stderr == "runs repeat when a double has completed\n"
    assert [each.id for each in client.callbacks("double")] == ["double~success~repeat"]


def test_add_takes_an_id(run: Run, client: TaskClient) -> None:
    words = ["--on", "failure", "--run", "page", "--id", "double~mine"]

    assert run("callbacks", "add", "double", *words).stdout == "double~mine\n"
    assert client.callback("double~mine").callback_type == "page"


def test_list_shows_a_line_each(run: Run, client: TaskClient) -> None:
    client.register_callback("double", "success", "repeat")
    client.register_callback("double", "completion", "log")
    client.register_callback("repeat", "completion", "log")

    shown = run("callbacks", "list", "--type", "double").stdout

    assert [line.split("\t") for line in shown.splitlines()] == [
        ["double~completion~log", "completion", "log"],
        ["double~success~repeat", "success", "repeat"],
    ]


def test_remove(run: Run, client: TaskClient) -> None:
    client.register_callback("double", "success", "repeat")

    result = run("callbacks", "remove", "double~success~repeat")

    assert result.stdout == "REMOVED double~success~repeat\n"
    assert list(client.callbacks("double")) == []


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (["remove", "double~nowhere"], 3),
        (["remove", "nowhere"], 2),
        (["add", "double", "--on", "success", "--run", "double"], 6),
        (["add", "double", "--on", "sometimes", "--run", "repeat"], 2),
        (["add", "double", "--on", "success"], 2),
        (["add", "double", "--run", "repeat"], 2),
        (["add", "no name", "--on", "success", "--run", "repeat"], 2),
        (["list"], 2),
    ],
    ids=str,
)
def test_exit_codes_tell_what_went_wrong(run: Run, words: list[str], exit_code: int) -> None:
    result = run("callbacks", *words)

    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["add", "double", "--on", "success", "--run", "repeat"],
        ["list", "--type", "double"],
        ["remove", "double~success~repeat"],
    ],
    ids=" ".join,
)
def test_with_json_stdout_is_one_document_and_nothing_else(
    words: list[str], run: Run, client: TaskClient
) -> None:
    client.register_callback("double", "success", "repeat")

    document = json.loads(run("callbacks", *words, "--json").stdout)

    (mapping,) = document if words[0] == "list" else [document]
    assert (mapping["id"], mapping["taskType"]) == ("double~success~repeat", "double")


def test_no_mappings_are_still_json(run: Run) -> None:
    assert json.loads(run("callbacks", "list", "--type", "double", "--json").stdout) == []


def test_what_was_added_runs(run: Run, cloud: InProcessCloud) -> None:
    run("callbacks", "add", "double", "--on", "completion", "--run", "repeat")
    run("submit", "double", "21")

    cloud.run()

    (callback,) = json.loads(run("list", "--type", "repeat", "--json").stdout)
    assert callback["parent"].startswith("TASK#mbc/double#")
    assert callback["depth"] == 1


def test_adding_what_closes_a_circle_warns(run: Run) -> None:
    run("callbacks", "add", "double", "--on", "success", "--run", "repeat")

    result = run("callbacks", "add", "repeat", "--on", "failure", "--run", "double")

    assert result.exit_code == 0
    assert result.stdout == "repeat~failure~double\n"
    assert "warning: repeat > double > repeat: these callbacks submit each other" in result.stderr


def test_a_task_whose_callbacks_were_refused_says_so(
    run: Run, client: TaskClient, cloud: InProcessCloud
) -> None:
    task = client.submit("double", 1)
    note = {"task": str(task.key), "count": 1, "types": ["repeat"], "reason": "none are left"}
    cloud.wiring.tasks.note(task.key, "callbacksRefused", note, run=1)

    shown = run("get", "double", task.code).stdout

    assert f"callbacks    refused: repeat of {task.key}: none are left\n" in shown
    with pytest.raises(InvalidRequest, match="callbacksRefused"):
        client.update_status(task, "FAILED", attributes={"callbacksRefused": "no"})
