"""The user guide's tables name what there is, and its figures are those of the code."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import typer
from benchmarks.ledger.prices import PRICES
from benchmarks.ledger.usage import What

import taskmill.testing
from taskmill import Retry, TaskContext, TaskFunction, TaskHandle, models, task
from taskmill.aws.dynamodb.children import TRANSACTION_MARKS
from taskmill.aws.dynamodb.idempotency import KEPT_SECONDS
from taskmill.aws.s3 import payloads
from taskmill.aws.sqs import memory_queue, protocol
from taskmill.cli.app import app as command_line
from taskmill.fanout import batch_work as batch
from taskmill.functions import context, handles, polling, task_decorator, task_functions
from taskmill.model import batch_plan, callback_budget
from taskmill.model.error_details import MESSAGE_LIMIT, STACK_LIMIT
from taskmill.model.lineage import MAX_DEPTH
from taskmill.model.statuses import Status
from taskmill.schedule_models import NewSchedule
from taskmill.service import callbacks, change, schedule_requests
from taskmill.testing import Chaos, InProcessCloud, Meter
from taskmill.work import direct_runs, leases, task_runner
from taskmill.work.children import MAX_CHILDREN, NAME_LIMIT
from taskmill.work.consumer import consumer, keeper
from taskmill_cdk import ContainerWorkers, TaskStack, TenantLimits, container_workers

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/guide"
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r"TASKMILL_[A-Z_]+")


def parameters(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters) - {"self", "function", "argument", "inputs"}


def public(kind: type) -> set[str]:
    """What one may ask of an object: methods, properties, and attributes of its docstring."""
    told = (kind.__doc__ or "").partition("Attributes:")[2]
    members = {name for name in vars(kind) if not name.startswith("_")}
    return members | set(re.findall(r"^\s+(\w+): ", told, re.MULTILINE))


def options_of(command: str) -> set[str]:
    known: Any = typer.main.get_command(command_line)
    return {name for each in known.commands[command].params for name in each.opts}


def container(prop: str) -> Any:
    """The default of what `ContainerWorkers` takes."""
    return inspect.signature(ContainerWorkers.__init__).parameters[prop].default


def by_default(count: int) -> str:
    return f"{batch_plan.batch_size_for(count)} of {count:,}"


def section(page: str, heading: str) -> str:
    """What stands below a heading, down to the next one of its level or above, without code."""
    level = heading.partition(" ")[0]
    text = FENCE.sub("", (GUIDE / page).read_text())
    below = f"\n{text}".partition(f"\n{heading}\n")[2]
    return re.split(rf"^#{{1,{len(level)}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def words(text: str) -> set[str]:
    """All words of a text that stand in a table's first column."""
    rows = re.findall(r"^\|([^|\n]*)\|", text, re.MULTILINE)
    return {word for row in rows for word in re.findall(r"\w[\w-]*", row)}


GRACE_SECONDS = leases.GRACE_MS // 1000
STACK_PROPS = (
    "callback_budget",
    "container_image",
    "container_queue",
    "ids",
    "max_payload_bytes",
    "priority_concurrency",
    "retention_days",
    "tenant_limits",
    "worker_concurrency",
    "worker_timeout",
)
SUBMIT, MAP = parameters(TaskFunction.submit), parameters(TaskFunction.map)
TABLES: list[tuple[str, str, Iterable[str]]] = [
    ("tasks.md", "## Task functions", parameters(task) - {"type"}),
    ("tasks.md", "## Submit", SUBMIT),
    ("tasks.md", "## Many at once", MAP - SUBMIT | {"notify"}),
    ("tasks.md", "## The context", public(TaskContext) - {"close", "unreported", "stopped"}),
    ("tasks.md", "### Other tenants", {each.name for each in dataclasses.fields(TenantLimits)}),
    ("tasks.md", "## Handles", public(TaskHandle) - {"of", "key", "wait_async"}),
    ("tasks.md", "## Statuses", set(Status)),
    ("retries.md", "## Retry", {each.name for each in dataclasses.fields(Retry)}),
    ("children.md", "## Start and wait", {"submit", "submit_many", "run", "gather", "map"}),
    ("schedules.md", "## Recurring", set(NewSchedule.model_fields)),
    ("consumers.md", "## `taskmill work`", options_of("work") - {"--help"}),
]


@pytest.mark.parametrize(
    ("page", "heading", "names"), TABLES, ids=[f"{page} {heading}" for page, heading, _ in TABLES]
)
def test_a_table_names_everything_that_there_is(
    page: str, heading: str, names: Iterable[str]
) -> None:
    assert {name.lstrip("-") for name in names} - words(section(page, heading)) == set()


FIGURES: dict[str, list[str]] = {
    "tasks.md": [
        (
            f"| `timeout_seconds` | {task_functions.DEFAULT_TIMEOUT_SECONDS:.0f} |"
            f" how long one attempt may take, up to {task_decorator.MAX_LAMBDA_SECONDS} |"
        ),
        (
            f"An input of up to {payloads.TASK_INPUT_INLINE} bytes and a result of up to"
            f" {payloads.RESULT_INLINE:,} bytes ({payloads.CHILD_RESULT_INLINE:,} of a child)"
            f" lie in the row, an input of up to {payloads.ROW_LIMIT:,} bytes in a row of its own"
        ),
        f"{context.MESSAGE_LIMIT} characters of message are kept",
        f"the same key within {KEPT_SECONDS // 3600} hours gives the same task",
        f"Pauses of up to {direct_runs.MAX_PAUSE_MS // 1000} seconds between attempts",
        f"Up to {models.MAX_LOG_IDS} names with values of up to 256 characters",
        f"`wait(timeout_seconds={handles.WAIT_SECONDS:.0f})`",
        (
            f"polls after {polling.FIRST_SECONDS} s, then at growing intervals of up to"
            f" {polling.CAP_SECONDS:.0f} s"
        ),
        f"each input becomes a subtask, up to {batch_plan.MAX_SUBTASKS:,}.",
        f"works through, up to {batch_plan.MAX_BATCH_SIZE:,} |",
        f"the transitions cost ${2 * PRICES[What.TRANSITIONS].dollars:.0f} for a million subtasks",
        (
            f"at most {batch_plan.MOST_BY_DEFAULT}:"
            f" {by_default(10)}, {by_default(100)}, {by_default(1_000)};"
        ),
        f"more above {batch_plan.MAX_BATCHES * batch_plan.MOST_BY_DEFAULT:,}",
        f"| `notify` | `each` up to {batch_plan.NOTIFY_EACH_UP_TO:,} subtasks, else `progress` |",
        f"A fan-out has at most {batch_plan.MAX_BATCHES:,} batches",
        f"has at most {task_runner.MARGIN_MS // 1000} seconds less than that",
        (
            f"{TenantLimits().open_uploads:,}; the same, within the"
            f" {payloads.UPLOAD_SECONDS // 60} minutes that"
        ),
        f"`TASKMILL_TENANT_SCHEDULES` | {TenantLimits().schedules:,} |",
        f"`TASKMILL_TENANT_MAPPINGS` | {TenantLimits().mappings:,} |",
        f"The lease ends {GRACE_SECONDS} seconds after the attempt's time limit",
        f"held for the caller for {change.OUTSIDE_LEASE_MS // 60_000} minutes from each report",
    ],
    "retries.md": [
        f"| `max_attempts` | {Retry().max_attempts} |",
        f"| `base_seconds` | {Retry().base_seconds:.0f} |",
        f"| `factor` | {Retry().factor:.0f} |",
        f"| `max_seconds` | {Retry().max_seconds:,.0f} |",
        f'| `jitter` | `"{Retry().jitter}"` |',
        f"message ({MESSAGE_LIMIT:,} characters) and stack ({STACK_LIMIT:,})",
        f"SQS delays the message for pauses of up to {protocol.MAX_DELAY_SECONDS // 60} minutes",
        (
            f"The lease ends {GRACE_SECONDS} seconds after the attempt's time limit, so by"
            f" default {task_functions.DEFAULT_TIMEOUT_SECONDS + GRACE_SECONDS:.0f} seconds"
        ),
        f"+ 30 seconds, so by default {memory_queue.HIDDEN_SECONDS} seconds from the receive",
        f"both are shorter: {keeper.LEASE_MS // 1000} and {keeper.HIDDEN_SECONDS} seconds",
        f"that was received {memory_queue.MAX_RECEIVES} times moves to the dead-letter queue",
        f"retries that are due within {batch.NAP_SECONDS:.0f} seconds the function waits",
        f"within {'a minute' if batch.TOGETHER_MS == 60_000 else ''} of the first of them",
    ],
    "children.md": [
        f"| children of one task | {MAX_CHILDREN:,};",
        f"up to {NAME_LIMIT} of `A-Z a-z 0-9 . _ -`",
        f"| name of a child | {NAME_LIMIT} characters |",
        f"| depth of a chain | {MAX_DEPTH} below the first task; the {MAX_DEPTH + 1}rd is refused",
        f"up to {TRANSACTION_MARKS} children that ended together",
    ],
    "callbacks.md": [
        f"| this task | {models.MAX_CALLBACKS} for each event |",
        f"without a deployment | {callbacks.MAX_MAPPINGS} for each type |",
        f"A chain is {MAX_DEPTH} tasks deep at most",
        f"it may cause {callback_budget.DEFAULT_BUDGET:,} callbacks in all",
    ],
    "schedules.md": [
        f"Up to {protocol.MAX_DELAY_SECONDS // 60} minutes the queue holds the task back",
        f"JSON of up to {schedule_requests.INPUT_LIMIT // 1024} KB",
    ],
    "testing.md": [f"`handle.wait(timeout_seconds={handles.WAIT_SECONDS:.0f})`"],
    "consumers.md": [
        f"| `--concurrency` | {consumer.CONCURRENCY} |",
        f"| `--grace` | {consumer.GRACE_SECONDS:.0f} |",
        f"| `concurrency` | {container('concurrency')} |",
        f"| {container('min_containers')}, {container('max_containers')} |",
        f"is stopped gives its tasks {container_workers._GRACE.to_seconds():.0f} seconds to end",
        (
            f"hidden for {keeper.HIDDEN_SECONDS} seconds and a lease holds for"
            f" {keeper.LEASE_MS // 1000} seconds"
        ),
    ],
}


@pytest.mark.parametrize(
    ("page", "sentence"), [(page, each) for page in FIGURES for each in FIGURES[page]]
)
def test_a_figure_is_that_of_the_code(page: str, sentence: str) -> None:
    assert sentence in " ".join((GUIDE / page).read_text().split())


def test_what_a_stack_is_told_to_take_it_takes() -> None:
    text = " ".join(page.read_text() for page in GUIDE.glob("*.md"))

    for prop in STACK_PROPS:
        assert f"{prop}=" in text or f"`{prop}`" in text
        assert prop in inspect.signature(TaskStack.__init__).parameters


def test_what_is_said_about_testing_is_there() -> None:
    told = set(re.findall(r"`cloud\.(\w+)", (GUIDE / "testing.md").read_text()))

    assert told - {"bucket", "now", "meter"} <= set(dir(InProcessCloud))
    assert {each.name for each in dataclasses.fields(Chaos)} <= set(
        re.findall(r"`(\w+)`", text_of("testing.md"))
    )
    assert {"crash_at", "crash_after"} <= {each.name for each in dataclasses.fields(Meter)}
    for name in taskmill.testing.__all__:
        assert name in text_of("testing.md")


@pytest.mark.parametrize("page", sorted(GUIDE.glob("*.md")), ids=lambda page: page.stem)
def test_every_setting_that_is_named_is_read_somewhere(page: Path) -> None:
    code = "".join(each.read_text() for each in (ROOT / "lambdas").rglob("*.py"))
    lanes = {
        f"TASKMILL_{lane}_QUEUE_{what}"
        for lane in ("PRIORITY", "CONTAINER")
        for what in ("URL", "ARN")
    }

    assert set(SETTING.findall(page.read_text())) <= set(SETTING.findall(code)) | lanes


def text_of(page: str) -> str:
    return (GUIDE / page).read_text()
