"""How functions start: with their first event, ahead of it, or from a snapshot of one that has.

Each test starts processes of its own: what a process has imported or made cannot be undone. Two
restores of a snapshot are played by two forks of a process, as its memory is what they share.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SUPPORT = Path(__file__).parents[2] / "support"
SETTINGS = {
    "AWS_LAMBDA_FUNCTION_NAME": "worker",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "made-up",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "TASKMILL_TABLE": "tasks",
    "TASKMILL_BUCKET": "payloads",
    "TASKMILL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/work",
    "TASKMILL_MODULES": "client_tasks",
    "POWERTOOLS_LOG_LEVEL": "ERROR",
    "PYTHONPATH": str(SUPPORT),
}
DISPATCHED_TO = (
    "FAILURE_QUEUE_URL",
    "STATE_MACHINE_ARN",
    "STATUS_TOPIC_ARN",
    "ALARM_TOPIC_ARN",
    "SCHEDULE_GROUP",
    "SCHEDULE_ROLE_ARN",
    "QUEUE_ARN",
)
AHEAD = {"AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"}
SNAPSHOT = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}

# Prints what a started process has; `handle` is its first event, which names no task.
LOADED = """
import gc, json, sys
from taskmill.handlers import work

def handle():
    work.handler({"Records": []}, type("Context", (), {"get_remaining_time_in_millis": None}))

def has():
    names = ("botocore.session", "taskmill.work.worker", "client_tasks")
    return {"collects": gc.isenabled(), **{name: name in sys.modules for name in names}}
"""
# A snapshot in which all that could be the same in two processes has been used once. The clock
# stands still: within a millisecond, codes follow from each other.
TWO_RESTORES = """
import json, logging, os, random, sys, time

# A restored process is no forked one to itself: no hooks of forks run, and its id is the same.
os.register_at_fork = lambda **hooks: None
os.getpid = lambda pid=os.getpid(): pid
time.time_ns = lambda: 1_790_000_000_000_000_000
from snapshot_restore_py import get_after_restore
from taskmill.handlers import work
from taskmill.model.new_codes import new_code
from taskmill.keys import TaskKey
from taskmill.wiring import current

KEY = TaskKey.of({{"pk": "TASK#mbc", "sk": "noop#1"}})
old = current(), current().client("dynamodb")
taken = new_code(), random.random()
chances = random.getstate()

def restored():
    random.setstate(chances)  # a fork has renewed them; Lambda does not
    if {hooks}:
        for hook, args, options in get_after_restore():
            hook(*args, **options)
    new = current(), current().client("dynamodb")
    return {{
        "code": new_code(),
        "jitter": random.random(),
        "fence": new[0].runner.lease(KEY, remaining_ms=lambda: 300_000, lease_ms=None).fence,
        "new wiring": new[0] is not old[0] and new[0].worker is not old[0].worker,
        "new client": new[1] is not old[1],
        "new pool": new[1]._endpoint.http_session is not old[1]._endpoint.http_session,
        "new credentials": new[1]._request_signer._credentials
            is not old[1]._request_signer._credentials,
        "same models": new[1].meta.service_model._service_description
            is old[1].meta.service_model._service_description,
    }}

for _ in range(2):
    if os.fork() == 0:
        print(json.dumps(restored()), flush=True)
        os._exit(0)
    os.wait()
"""


def run(program: str, **settings: str) -> list[Any]:
    """What a fresh process prints, line by line."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=inherited | SETTINGS | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_who_runs_no_task_code_does_not_import_what_that_needs() -> None:
    [imported] = run(
        "import json, sys; from taskmill.handlers import dispatch;"
        " dispatch.handler({'Records': []}, None);"
        " print(json.dumps([each for each in sys.modules if each.startswith('taskmill.')]))",
        **{f"TASKMILL_{name}": "there" for name in DISPATCHED_TO},
    )

    assert "taskmill.dispatch.dispatcher" in imported
    tools = ("handles", "registry", "signatures", "task_functions", "typed_values")
    needed = {"taskmill.wiring.connecting", *(f"taskmill.functions.{each}" for each in tools)}
    assert not needed & set(imported)
    assert all(find_spec(each) for each in needed)


def test_a_function_that_was_only_imported_has_made_nothing() -> None:
    [imported] = run(f"{LOADED}\nprint(json.dumps(has()))")

    assert imported == {
        "collects": False,
        "botocore.session": False,
        "taskmill.work.worker": False,
        "client_tasks": False,
    }


def test_the_first_event_makes_all_and_garbage_is_collected_from_then_on() -> None:
    [handled] = run(f"{LOADED}\nhandle()\nprint(json.dumps(has()))")

    assert set(handled.values()) == {True}


@pytest.mark.parametrize("ahead", [AHEAD, SNAPSHOT], ids=str)
def test_what_starts_ahead_is_complete_before_there_is_an_event(ahead: dict[str, str]) -> None:
    [imported] = run(f"{LOADED}\nprint(json.dumps(has()))", **ahead)

    assert set(imported.values()) == {True}


def test_elsewhere_garbage_is_collected_as_ever() -> None:
    [imported] = run(f"{LOADED}\nprint(json.dumps(has()))", AWS_LAMBDA_FUNCTION_NAME="")

    assert imported["collects"]


def test_a_task_module_that_cannot_be_imported_does_not_keep_the_function_from_starting() -> None:
    [imported] = run(f"{LOADED}\nprint(json.dumps(has()))", **AHEAD, TASKMILL_MODULES="nowhere")

    assert imported["taskmill.work.worker"]


def test_a_missing_setting_does_and_so_stops_the_deployment() -> None:
    with pytest.raises(AssertionError, match="TASKMILL_TABLE is not set"):
        run(f"import os; del os.environ['TASKMILL_TABLE']\n{LOADED}", **SNAPSHOT)


def test_two_restores_of_a_snapshot_have_nothing_in_common_but_the_models_of_services() -> None:
    first, second = run(TWO_RESTORES.format(hooks=True), **SNAPSHOT)

    assert first["code"] != second["code"]
    assert first["jitter"] != second["jitter"]
    assert first["fence"] != second["fence"]
    for restored in (first, second):
        assert all(value for name, value in restored.items() if name.startswith("new"))
        assert restored["same models"]


def test_without_the_hooks_they_would_be_one() -> None:
    first, second = run(TWO_RESTORES.format(hooks=False), **SNAPSHOT)

    assert first["code"] == second["code"]
    assert first["jitter"] == second["jitter"]
    assert not first["new client"]


def test_a_function_of_no_snapshot_registers_no_hooks() -> None:
    hooks = "from snapshot_restore_py import get_after_restore; print(len(get_after_restore()))"

    assert run(f"{LOADED}\nhandle()\n{hooks}") == [0]
    assert run(f"{LOADED}\n{hooks}", **SNAPSHOT) == [2]  # renew, then start again


def test_the_steps_of_the_workflow_renew_once_and_all_start_again() -> None:
    program = """
import json
from snapshot_restore_py import get_after_restore
from taskmill.handlers import subtasks
from taskmill.wiring import current

old = current()
for hook, args, options in get_after_restore():
    hook(*args, **options)
steps = {"splitter", "batch_runner", "finisher"}
print(json.dumps([current() is not old, sorted(steps & vars(current()).keys())]))
"""

    assert run(program, **SNAPSHOT) == [[True, ["batch_runner", "finisher", "splitter"]]]


def test_the_api_s_models_are_built_in_a_snapshot_and_not_before_they_are_needed_elsewhere() -> (
    None
):
    program = """
import json
from taskmill.handlers import api
from taskmill.http.bodies import SubmitTask

print(json.dumps(SubmitTask.__pydantic_complete__))
"""

    assert run(program, **SNAPSHOT) == [True]
    assert run(program) == [False]
