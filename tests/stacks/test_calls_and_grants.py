"""Every AWS call of a function is allowed by its role, and every action that is allowed is used.

`FLOWS` between them make every call that a function makes. Whoever adds a call adds a flow, and a
rule in `recorder.py` if the operation is new; whoever adds a grant adds the flow that needs it.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import App, Duration
from aws_cdk.assertions import Template
from builders import sqs_event
from earlier_layout import split_before
from recorder import OUTSIDE, Need, RecordingCloud

from taskmill.handlers import dead_letters, dispatch, sweep
from taskmill.keys import TaskKey
from taskmill.model.keys import BatchKey
from taskmill_cdk import TaskStack

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]
MODULES = ["recorded_tasks"]
ENVIRONMENT = {"TASKMILL_PRIORITY_QUEUE_URL": "priority", "TASKMILL_PRIORITY_QUEUE_ARN": "p"}
HOUR, DAY = 3_600, 86_400
LARGE = "x" * 300_000  # for the bucket
MIDDLE = "x" * 5_000  # for a payload row


# --- flows ----------------------------------------------------------------------------------------


def submits(cloud: RecordingCloud) -> None:
    """Single tasks of all sizes, with and without a key, one by one and many at a time."""
    post = cloud.request
    post("POST", "tasks", {"taskType": "recorded-echo", "input": 1, "idempotencyKey": "once"})
    post("POST", "tasks", {"taskType": "recorded-echo", "input": 1, "idempotencyKey": "once"})
    for value in (MIDDLE, LARGE, "small"):
        task = post("POST", "tasks", {"taskType": "recorded-echo", "input": value}).body
        cloud.run()
        post("GET", f"tasks/recorded-echo/{task['code']}")
        post("GET", f"tasks/recorded-echo/{task['code']}/result")
    many = [
        {"taskType": "recorded-echo", "input": value, "priority": "high"} for value in (1, MIDDLE)
    ]
    post("POST", "tasks", {"tasks": many})
    urgent = {"taskType": "recorded-echo", "priority": "high", "idempotencyKey": "urgent"}
    post("POST", "tasks", urgent)  # which the dispatcher sends
    again = {"taskType": "recorded-echo", "input": 1, "code": "again"}
    for _ in range(2):
        post("POST", "tasks", {"tasks": [again]})
    post("GET", "tasks")
    post("GET", "tasks", query="status=FAILED")
    cloud.run()


def plans(cloud: RecordingCloud) -> None:
    """A task so far ahead that its input must outlive others."""
    body = {"taskType": "recorded-echo", "input": LARGE, "delaySeconds": 100 * DAY}
    task = cloud.request("POST", "tasks", body).body
    cloud.request("GET", f"tasks/recorded-echo/{task['code']}")
    cloud.run()
    cloud.request("GET", f"tasks/recorded-echo/{task['code']}")  # looks whether its input expired


def changes(cloud: RecordingCloud) -> None:
    """Cancel, retry, reports; a failed task that somebody starts again."""
    task = cloud.request("POST", "tasks", {"taskType": "recorded-fails"}).body
    path = f"tasks/recorded-fails/{task['code']}"
    cloud.request("PATCH", path, {"status": "PROCESSING"})
    cloud.run()
    cloud.request("POST", f"{path}/retry")
    cloud.request("POST", f"{path}/cancel")
    cloud.run()


def families(cloud: RecordingCloud) -> None:
    """Parents, children with inputs and results of all sizes, callbacks."""
    cloud.request(
        "PUT",
        "callbacks/recorded-gathers~completion~recorded-echo",
        {"event": "completion", "callbackType": "recorded-echo"},
    )
    cloud.request("GET", "callbacks", query="type=recorded-gathers")
    for size in (10, 5_000, 7_900):  # the callback's input: in its row, a row of its own, an object
        cloud.request(
            "POST", "tasks", {"taskType": "large", "input": size, "onSuccess": ["recorded-echo"]}
        )
    body = {"taskType": "recorded-gathers", "input": [10, 3_000, 9_000, 300_000]}
    task = cloud.request("POST", "tasks", body).body
    cloud.run()
    cloud.request("GET", f"tasks/recorded-gathers/{task['code']}/children")
    cloud.request("DELETE", "callbacks/recorded-gathers~completion~recorded-echo")
    cloud.request("POST", "tasks", {"taskType": "recorded-starts", "input": LARGE})
    urgent = {"taskType": "recorded-gathers", "input": [10], "priority": "high"}
    cloud.request("POST", "tasks", urgent)
    cloud.run()
    waiting = cloud.request("POST", "tasks", {"taskType": "recorded-waits"}).body
    while (
        cloud.request("GET", f"tasks/recorded-waits/{waiting['code']}").body["status"] != "WAITING"
    ):
        assert cloud.step()
    cloud.request("POST", f"tasks/recorded-waits/{waiting['code']}/cancel")
    cloud.run()
    failed = cloud.request("POST", "tasks", {"taskType": "recorded-waits"}).body
    cloud.run()
    children = cloud.request("GET", f"tasks/recorded-waits/{failed['code']}/children").body["items"]
    cloud.request("POST", f"tasks/recorded-fails/{children[0]['code']}/retry")
    cloud.run()


def fan_outs(cloud: RecordingCloud) -> None:
    """From a request and from an upload; cancelled; with large elements and results."""
    body = {"taskType": "large", "input": [10, 300_000, 20], "batchSize": 2}
    task = cloud.request("POST", "step-function-tasks", body).body
    cloud.run()
    path = f"step-function-tasks/large/{task['code']}"
    for part in ("", "/progress", "/subtasks", "/subtasks/1", "/subtasks/1/result"):
        cloud.request("GET", path + part)
    upload = cloud.request("POST", "uploads", {"size": len(LARGE) + 5}).body
    cloud.bucket.put_object(Key=upload["inputRef"], Body=json.dumps(LARGE).encode() + b"\n1\n")
    body = {"taskType": "recorded-echo", "inputRef": upload["inputRef"]}
    cloud.request("POST", "step-function-tasks", body)
    cloud.run()
    body = {"taskType": "recorded-fails", "input": [1, 2, 3], "batchSize": 1, "maxConcurrency": 1}
    task = cloud.request("POST", "step-function-tasks", body).body
    cloud.deliver_records()
    for _ in range(2):  # split, and the first batch
        assert cloud.player.ready()
        cloud.player.step()
    path = f"step-function-tasks/recorded-fails/{task['code']}"
    cloud.request("POST", f"{path}/cancel")
    cloud.run()
    cloud.request("POST", f"{path}/retry")
    cloud.deliver_records()
    cloud.run()


def fan_outs_given_up(cloud: RecordingCloud) -> None:
    """Of an earlier version; cancelled before they begin, and between batches; without an input."""
    body = {"taskType": "recorded-echo", "input": [1, 2]}
    task = cloud.request("POST", "step-function-tasks", body).body
    split_before(cloud, TaskKey.parse(task["pk"], task["sk"]))
    cloud.request("POST", f"step-function-tasks/recorded-echo/{task['code']}/cancel")
    cloud.run()
    body = {"taskType": "recorded-fails", "input": [1, 2, 3], "batchSize": 1}
    task = cloud.request("POST", "step-function-tasks", body).body
    path = f"step-function-tasks/recorded-fails/{task['code']}"
    for _ in range(2):  # before anything has begun
        cloud.request("POST", f"{path}/cancel")
        cloud.run()
        cloud.request("POST", f"{path}/retry")
    cloud.run()
    body = {"taskType": "recorded-echo", "input": [LARGE, 2]}
    task = cloud.request("POST", "step-function-tasks", body).body
    key = TaskKey.parse(task["pk"], task["sk"])
    ref = cloud.wiring.tasks.get(key).input_ref or ""
    body_of_it = cloud.bucket.objects.pop(ref)
    cloud.run()  # split finds no input
    cloud.bucket.objects[ref] = body_of_it
    cloud.request("POST", f"step-function-tasks/recorded-echo/{task['code']}/retry")
    cloud.table.delete_item(
        Key={name: {"S": each} for name, each in BatchKey(key, 0).stored._asdict().items()}
    )
    cloud.bucket.objects.pop(ref)
    cloud.run()
    body = {"taskType": "recorded-echo", "input": [1, 2], "batchSize": 1, "maxConcurrency": 1}
    task = cloud.request("POST", "step-function-tasks", body).body
    path = f"step-function-tasks/recorded-echo/{task['code']}"
    cloud.deliver_records()
    for _ in range(2):
        assert cloud.player.ready()
        cloud.player.step()
    cloud.request("POST", f"{path}/cancel")
    cloud.run()
    cloud.request("POST", f"{path}/retry")  # one of the two batches has completed
    cloud.run()


def schedules(cloud: RecordingCloud) -> None:
    """Recurring schedules, whose tasks the worker submits."""
    body = {"taskType": "recorded-echo", "expression": "rate(1 hour)", "input": MIDDLE}
    cloud.request("PUT", "schedules/hourly", body)
    large = {"taskType": "recorded-echo", "expression": "rate(1 hour)", "input": "x" * 20_000}
    cloud.request("PUT", "schedules/larger", large)
    cloud.run()
    cloud.request("PUT", "schedules/hourly", {**body, "expression": "rate(2 hours)"})
    cloud.request("GET", "schedules")
    cloud.advance(seconds=3 * HOUR)
    cloud.request("DELETE", "schedules/hourly")
    cloud.request("DELETE", "schedules/larger")
    cloud.run()


def troubles(cloud: RecordingCloud) -> None:
    """Records that are parked and read again from the stream; messages received too often."""
    cloud.request("POST", "tasks", {"taskType": "recorded-echo", "input": 2})
    cloud.redrive()
    record = cloud.table.records[-1]
    odd = {**record, "dynamodb": {**record["dynamodb"], "NewImage": {"row": {"S": "TASK"}}}}
    cloud.invoke(dispatch.handler, {"Records": [odd]})
    cloud.queues.queues["failures"].clear()
    cloud.run()
    for priority in ("normal", "high"):
        body = {"taskType": "recorded-echo", "input": 3, "priority": priority}
        task = cloud.request("POST", "tasks", body).body
        letter = json.dumps(TaskKey.parse(task["pk"], task["sk"]).as_dict())
        cloud.invoke(dead_letters.handler, sqs_event(letter, "no key"))
    cloud.queues.put("queue", "no key", cloud.now)
    nowhere = json.dumps({"pk": "TASK#mbc", "sk": "recorded-echo#nowhere"})
    cloud.queues.put("queue", nowhere, cloud.now)
    cloud.invoke(dead_letters.handler, sqs_event(nowhere.replace("nowhere", "gone")))
    cloud.run()
    for claimed in (False, True):
        task = cloud.request("POST", "tasks", {"taskType": "recorded-echo", "input": 3}).body
        key = TaskKey.parse(task["pk"], task["sk"])
        if claimed:
            until = cloud.now + HOUR * 1000
            cloud.wiring.claims.claim(key, fence="f", lease_until=until, max_attempts=3)
        cloud.queues.put("dead-letters", json.dumps(key.as_dict()), cloud.now)
        while cloud.step():
            pass
    cloud.queues.queues.clear()


def sweeps(cloud: RecordingCloud) -> None:
    """Lost messages, children and executions; a sweep that does not come to the end."""

    def lose() -> None:
        for messages in cloud.queues.queues.values():
            messages.clear()
        while cloud.stream.pending():
            cloud.stream.take(100)

    for priority in ("normal", "high"):
        cloud.request("POST", "tasks", {"taskType": "recorded-echo", "priority": priority})
    cloud.request("POST", "step-function-tasks", {"taskType": "recorded-echo", "input": [1]})
    lose()
    parent = cloud.request("POST", "tasks", {"taskType": "recorded-waits"}).body
    key = TaskKey.parse(parent["pk"], parent["sk"])
    while cloud.wiring.tasks.get(key).status != "WAITING":
        assert cloud.step()
    for child in cloud.wiring.children.keys_of(key):
        cloud.wiring.tasks.fail(cloud.wiring.tasks.get(child), ValueError("ended unseen"))
    lose()
    aborted = cloud.request(
        "POST",
        "step-function-tasks",
        {"taskType": "recorded-fails", "input": [1, 2], "batchSize": 1, "maxConcurrency": 1},
    ).body
    cloud.deliver_records()
    for _ in range(2):
        assert cloud.player.ready()
        cloud.player.step()
    cloud.executions.silent = True
    cloud.executions.stopped.update(cloud.executions.started)
    assert aborted["code"]
    cloud.run()
    cloud.now += 2 * HOUR * 1000
    cloud.queues.unmeasured = True
    cloud.invoke(sweep.handler, {}, seconds=1)
    cloud.invoke(sweep.handler, {}, seconds=900)
    cloud.executions.silent = False


def counts(cloud: RecordingCloud) -> None:
    """A task that succeeds and one that fails; what was counted, and a group that is resolved."""
    cloud.request("POST", "tasks", {"taskType": "recorded-echo", "input": 1})
    cloud.request("POST", "tasks", {"taskType": "recorded-fails"})
    cloud.run()
    cloud.request("GET", "statistics")
    (group,) = cloud.request("GET", "errors").body["groups"]
    cloud.request("POST", f"errors/{group['fingerprint']}/resolve")


def overviews(cloud: RecordingCloud) -> None:
    """Failures, retried all at once; how full the queues are."""
    cloud.request("POST", "tasks", {"taskType": "recorded-fails"})
    cloud.run()
    cloud.request("GET", "failures")
    cloud.request("POST", "bulk", {"action": "retry", "filter": {}})
    cloud.run()
    cloud.request("GET", "health/queues", below="/v1")
    cloud.queues.moves.at_once = 0
    for end in ("", "/cancel"):
        cloud.request("POST", f"health/queues/dead-changes/redrive{end}", below="/v1")


def loses(cloud: RecordingCloud, *tasks: dict[str, str]) -> None:
    """Let the rows of tasks expire."""
    for each in tasks:
        stored = TaskKey.parse(each["pk"], each["sk"]).stored
        cloud.table.delete_item(Key={name: {"S": part} for name, part in stored._asdict().items()})


def limits(cloud: RecordingCloud) -> None:
    """Keys that are freed, slots and those that wait for them, pauses; rows that have expired."""
    post = cloud.request
    post("POST", "tasks", {"taskType": "recorded-echo", "unique": {"key": "k"}, "input": 1})
    cloud.deliver_records()
    cloud.request("GET", "health/queues", below="/v1")
    cloud.run()
    _, parked, _ = [post("POST", "tasks", {"taskType": "recorded-limited"}).body for _ in range(3)]
    cloud.deliver_records()
    post("GET", "limits")
    loses(cloud, parked)
    for messages in cloud.queues.queues.values():
        messages.clear()
    cloud.now += 2 * HOUR * 1000
    cloud.queues.unmeasured = True
    cloud.invoke(sweep.handler, {}, seconds=900)
    cloud.run()
    for path in ("types/recorded-echo/pause", "types/recorded-echo/resume"):
        post("POST", path)
    post("PUT", "limits/recorded-limited", {"concurrency": 2})
    post("DELETE", "limits/recorded-limited")
    cloud.run()


def overlaps(cloud: RecordingCloud) -> None:
    """Fires whose key is held by a task that has expired, as has the one that waited for it."""
    body = {"taskType": "recorded-waits", "expression": "rate(30 minutes)", "overlap": "one"}
    cloud.request("PUT", "schedules/half-hourly", body)
    cloud.run()
    cloud.advance(seconds=HOUR + 60)
    fired = cloud.request("GET", "tasks", query="type=recorded-waits").body["items"]
    assert sorted(each["status"] for each in fired) == ["PARKED", "WAITING"]
    loses(cloud, *fired)
    cloud.advance(seconds=HOUR // 2)
    cloud.request("DELETE", "schedules/half-hourly")
    cloud.run()


FLOWS = (
    *(submits, plans, changes, families, fan_outs, fan_outs_given_up),
    *(schedules, troubles, sweeps, counts, overviews, limits, overlaps),
)


def codes_that_count(cloud: RecordingCloud) -> None:
    """`ids="integer"`: a counter in the table."""
    cloud.request("POST", "tasks", {"taskType": "recorded-echo"})


@pytest.fixture(scope="module")
def needs() -> dict[str, set[Need]]:
    """What each function needed in all flows."""
    found: dict[str, set[Need]] = {}
    for flow in (*FLOWS, codes_that_count):
        ids = {"TASKMILL_IDS": "integer"} if flow is codes_that_count else {}
        with RecordingCloud(modules=MODULES, environment={**ENVIRONMENT, **ids}) as cloud:
            flow(cloud)
        for function, needed in cloud.needs.items():
            found.setdefault(function, set()).update(needed)
    found.pop(OUTSIDE)
    return found


# --- the roles ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> Template:
    """A stack with every function that there is."""
    stack = TaskStack(
        App(context=CONTEXT), "Whole", sweep_every=Duration.days(1), build_folder=ROOT / ".build"
    )
    return Template.from_stack(stack)


Allowed = Callable[[Template, str], dict[str, set[str]]]


@pytest.fixture(scope="module")
def granted(whole: Template, allowed: Allowed) -> Callable[[str], set[Need]]:
    """What the role of a function allows."""

    def of(function: str) -> set[Need]:
        roles = allowed(whole, f"{function}Role")
        return {Need(each, resource) for resource, actions in roles.items() for each in actions}

    return of


def of_others(function: str) -> set[Need]:
    """What a role must allow though our code never calls it: others do, or the CDK adds it.

    Lambda calls as the function's role when it polls queues and streams, writes logs and traces.
    """
    logs = {"logs:CreateLogStream", "logs:PutLogEvents"}
    traces = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    # The CDK's grants to send to and to consume from a queue come with these; to look up a URL and
    # to hide a message longer is nothing that a poller does, and nothing that could do harm.
    queues = {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"}
    polls = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", *queues}
    streams = {f"dynamodb:{each}" for each in ("ListStreams", "DescribeStream")}
    streams |= {"dynamodb:GetRecords", "dynamodb:GetShardIterator"}
    known: dict[str, dict[str, set[str]]] = {
        "ApiHandler": {
            "WorkQueue": queues,
            "WorkQueuePriorityQueue": queues,
            "DispatcherFailureQueue": {"sqs:GetQueueUrl"},
        },
        "Dispatch": {
            "TasksTable.StreamArn": streams,
            "DispatcherFailureQueue": polls,
            "WorkQueue": queues,
            "WorkQueuePriorityQueue": queues,
        },
        "Count": {
            "TasksTable.StreamArn": streams,
            # Lambda puts there where changes lie that could not be counted.
            "DispatcherDeadLetters": {"sqs:SendMessage", *queues},
        },
        "Worker": {
            "WorkQueue": polls,
            "WorkQueuePriorityQueue": polls,
            "WorkQueueUnreadable": queues,
        },
        # Lambda puts events there that finish could not handle.
        "Finish": {"SubtaskWorkflowDeadLetters": {"sqs:SendMessage", *queues}},
        "DeadLettersHandler": {
            "WorkQueueDeadLetters": polls,
            "WorkQueue": queues,
            "WorkQueuePriorityQueue": queues,
            "WorkQueueUnreadable": queues,
        },
        "SweepHandler": {"WorkQueue": queues, "WorkQueuePriorityQueue": queues},
    }
    by_resource = {f"{function}Logs": logs, "*": traces, **known.get(function, {})}
    return {Need(action, name) for name, actions in by_resource.items() for action in actions}


FUNCTIONS = (
    *("ApiHandler", "Dispatch", "Worker", "Split", "Batch", "Finish"),
    *("DeadLettersHandler", "SweepHandler", "Count"),
)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_call_of_a_function_is_allowed(
    needs: dict[str, set[Need]], granted: Callable[[str], set[Need]], function: str
) -> None:
    assert needs[function] - granted(function) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_action_that_a_function_may_do_is_used(
    needs: dict[str, set[Need]], granted: Callable[[str], set[Need]], function: str
) -> None:
    assert granted(function) - needs[function] - of_others(function) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_others_do_in_a_function_s_name_is_allowed(
    granted: Callable[[str], set[Need]], function: str
) -> None:
    """So that the list of exceptions holds nothing that is gone."""
    assert of_others(function) - granted(function) == set()


def test_every_function_is_covered_here(whole: Template, needs: dict[str, set[Need]]) -> None:
    assert len(whole.find_resources("AWS::Lambda::Function")) == len(FUNCTIONS)
    assert set(needs) == set(FUNCTIONS)


def test_a_call_without_a_rule_is_an_error() -> None:
    with RecordingCloud(modules=MODULES) as cloud, pytest.raises(KeyError):
        cloud.wiring.client("sqs").send_message(QueueUrl="unknown", MessageBody="")
