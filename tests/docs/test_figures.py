"""Every figure of README.md and of some pages is one that the code, the stack or the ledger gives.

The claims of a page are the words around each of its figures, with the figure computed. A page must
hold each claim exactly once, and no figure outside its claims, so a new figure needs a claim.
Numbers in words are not figures. Code blocks are not searched; other tests run them.
"""

import inspect
import json
import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from annotated_types import Le
from aws_cdk import App
from aws_cdk.assertions import Template
from benchmarks.ledger import limits as limit_costs
from benchmarks.ledger import run, scenarios
from benchmarks.ledger.cloud import TASKS, LedgerCloud
from benchmarks.ledger.idle import (
    ALARM_DOLLARS,
    DASHBOARD_DOLLARS,
    MONTH_SECONDS,
    POLL_SECONDS,
    POLLERS,
    Idle,
    idle_of,
)
from benchmarks.ledger.lambda_time import MEMORY_MB
from benchmarks.ledger.logs import SAMPLED_UNDER_LOAD
from benchmarks.ledger.prices import LOG_PRICES, PRICES, dollars
from benchmarks.ledger.scenarios import Scenario
from benchmarks.ledger.usage import What
from benchmarks.makespan.hops import API_MS, CLAIM_MS, QUEUE_MS
from ledger_counts import fan_out, limited
from tools.lint_templates import LintedStack

from taskmill import Retry, models
from taskmill.aws.dynamodb.flow_control.pauses import KEPT_MS
from taskmill.aws.s3 import payloads
from taskmill.aws.sns import MESSAGES_A_CALL
from taskmill.fanout import batch_work as batch
from taskmill.functions import task_decorator, task_functions
from taskmill.http.bodies import MAX_TASKS
from taskmill.http.request import MAX_BODY_BYTES
from taskmill.model import batch_plan, keys
from taskmill.model.attributes import MAX_ATTRIBUTES
from taskmill.model.callback_budget import DEFAULT_BUDGET
from taskmill.model.given_elements import MAX_ELEMENT_BYTES
from taskmill.model.json_reading import MAX_DIGITS, MAX_LEVELS
from taskmill.model.lineage import MAX_DEPTH
from taskmill.model.subtask_layout import LONGEST_EXECUTION_DAYS
from taskmill.service.callbacks import MAX_MAPPINGS
from taskmill.service.stored_attributes import ATTRIBUTES_LIMIT
from taskmill.work.children import MAX_CHILDREN
from taskmill_cdk import Dispatcher, TaskFunction, TaskStack, TenantLimits, WorkerPool
from taskmill_cdk.payload_bucket import LONGEST_LIFE_OF_A_TASK_DAYS

ROOT = Path(__file__).resolve().parents[2]
MILLION = 1_000_000
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
DECISION = re.compile(r"\[decision (\d+)\]\([^)]*/0*\1-[^)]*\)")  # its number is its file's
NO_FIGURES = re.compile(r"`[^`]*`|\]\([^)]*\)|us-east-1|Apache-2.0")  # code, link targets, names
FIGURE = re.compile(r"(?<![A-Za-z_\d])\d(?:[\d,.]*\d)?")

pytestmark = pytest.mark.xdist_group("ledger")  # what is counted once serves all


# --- what the ledger gives ------------------------------------------------------------------------


@cache
def single(size: int = scenarios.SMALL, *, bulk: bool = False) -> Scenario:
    return scenarios.single("", size=size, bulk=bulk)


@cache
def alone(size: int = scenarios.SMALL) -> Scenario:
    return scenarios.alone("", size=size)


@cache
def keyed_units() -> float:
    """Write units of a submit that has an idempotency key, beyond those of one that has none."""
    body = {"taskType": "noop", "input": None}

    def submit(**more: str) -> Callable[[LedgerCloud], None]:
        return lambda cloud: cloud.post("tasks", {**body, **more}) and None

    with LedgerCloud(modules=[TASKS]) as cloud:
        plain, keyed = cloud.used(submit()), cloud.used(submit(idempotencyKey="r-17"))
    return keyed.total(What.WRITE_UNITS) - plain.total(What.WRITE_UNITS)


def units(scenario: Scenario) -> str:
    return f"{scenario.usage.total(What.WRITE_UNITS):.3g}"


def price(*whats: What) -> float:
    return sum(PRICES[what].dollars for what in whats)


def priced(what: What) -> str:
    dollars = PRICES[what].dollars
    return f"{dollars:.2f}" if round(dollars, 2) == dollars else f"{dollars:g}"


def counted(scenario: Scenario, what: What) -> str:
    """Cells of a table: how many a million tasks need, and their dollars."""
    amount = scenario.usage.total(what) * MILLION
    return f"{amount:,.0f} | {amount * PRICES[what].dollars / MILLION:.3f}"


TASK_ROWS = {
    "HTTP API requests": What.API_REQUESTS,
    "Lambda requests": What.FUNCTION_CALLS,
    "Lambda time, GB-seconds": What.GB_SECONDS,
    "DynamoDB write units": What.WRITE_UNITS,
    "DynamoDB read units": What.READ_UNITS,
    "SQS requests, fair queues": What.FAIR_QUEUE_REQUESTS,
    "SNS requests": What.PUBLISHES,
}
SUBTASK_ROWS = {
    "DynamoDB write units": What.WRITE_UNITS,
    "DynamoDB read units": What.READ_UNITS,
    "Step Functions state transitions": What.TRANSITIONS,
    "Lambda requests": What.FUNCTION_CALLS,
    "Lambda time, GB-seconds": What.GB_SECONDS,
}
SUBTASK_REST = (What.API_REQUESTS, What.PUBLISHES, What.S3_PUTS, What.S3_GETS)


def dollars_of(scenario: Scenario, *whats: What) -> float:
    return sum(scenario.usage.total(what) * PRICES[what].dollars for what in whats)


# --- what the code and the stack give -------------------------------------------------------------


def default(kind: type, prop: str) -> Any:
    return inspect.signature(kind.__init__).parameters[prop].default  # type: ignore[misc]


def written(function: Any, pattern: str) -> int:
    """A figure that only stands within a function's body."""
    [found] = re.findall(pattern, inspect.getsource(function))
    return int(found)


def at_most(model: Any, field: str) -> int:
    [bound] = [each.le for each in model.model_fields[field].metadata if isinstance(each, Le)]
    return int(bound)


def readme() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [lowest, above] = re.findall(r"3\.(\d+)", project["requires-python"])
    start = API_MS + QUEUE_MS + CLAIM_MS  # tests/benchmarks: there is no delivery of the stream
    return [
        f"With Python 3.{lowest} to 3.{int(above) - 1}, in a folder",
        f"| a million tasks | ${single().dollars:.2f} |",
        f"| a million subtasks of one fan-out | ${fan_out(*run.TARGET).dollars:.2f} |",
        f"| from submit to start | {start} ms |",
    ]


def deploy() -> list[str]:
    python = "3." + str(written(TaskFunction.__init__, r"Runtime\.PYTHON_3_(\d+)"))
    return [
        f"the CDK app must run on Python {python}, the version of the functions",
        f"`make deploy PYTHON=python{python}`",
    ]


def failures() -> list[str]:
    between = written(Dispatcher.__init__, r"retry_after or Duration\.minutes\((\d+)\)")
    return [
        f"after {Retry().max_attempts} attempts (or as `Retry` says)",
        f"`timeout_seconds` ({task_functions.DEFAULT_TIMEOUT_SECONDS:.0f})",
        f"every {between} minutes, {default(Dispatcher, 'max_receives')} times;",
    ]


def limits() -> list[str]:
    days = default(TaskStack, "retention_days")
    for_task = written(TaskStack.__init__, r"worker_timeout or Duration\.minutes\((\d+)\)")
    for_batch = written(TaskStack._build_batch, r"Duration\.minutes\((\d+)\)")
    concurrency = written(TaskStack.__init__, r"max_concurrency or \(4 if local else (\d+)\)")
    largest = default(TaskStack, "max_payload_bytes")
    [longest] = re.findall(r"\{0,(\d+)\}\$$", keys.NAME_PATTERN)  # after the first character
    return [
        f"code (the id of a task) | 1 to {int(longest) + 1} of",
        f"| request body | {MAX_BODY_BYTES // 2**20} MB;",
        f"result of any task | {largest // 2**20} MB (`max_payload_bytes`)",
        f"one element of a fan-out | {MAX_ELEMENT_BYTES // 2**20} MB |",
        f"| {MAX_LEVELS} levels; integers of up to {MAX_DIGITS:,} digits |",
        f"in all | {DEFAULT_BUDGET:,} (`callback_budget`)",
        f"of a tenant | {TenantLimits().schedules:,} each (`tenant_limits`)",
        (
            f"inputs of single tasks and results of up to {payloads.ROW_LIMIT:,} bytes"
            f" ({payloads.CHILD_RESULT_INLINE:,} for the result of a child)"
        ),
        (
            f"| {batch_plan.MAX_SUBTASKS:,} in at most {batch_plan.MAX_BATCHES:,} batches of up to"
            f" {batch_plan.MAX_BATCH_SIZE:,} (the largest run so far, in one process:"
            f" {run.SIZES[-1]:,})"
        ),
        (
            f"| batches at a time | {concurrency} by default (`max_concurrency`), up to"
            f" {at_most(models.NewStepFunctionTask, 'max_concurrency'):,} |"
        ),
        (
            f"timeout: {for_task} minutes for tasks (`worker_timeout`, up to"
            f" {task_decorator.MAX_LAMBDA_SECONDS // 60}), {for_batch} for a batch of subtasks;"
        ),
        f"| children of a task | {MAX_CHILDREN:,} |",
        f"| depth of a chain of children and callbacks | {MAX_DEPTH} |",
        f"| callbacks of one submit for each event | {models.MAX_CALLBACKS} |",
        f"| callback mappings of a task type | {MAX_MAPPINGS} |",
        f"| delay of a task | {models.MAX_DELAY_SECONDS // 86_400} days |",
        f"| tasks in one request | {MAX_TASKS} |",
        f"| items on one page | {at_most(models.ListOptions, 'limit'):,} |",
        (
            f"outside taskmill | {ATTRIBUTES_LIMIT // 1024} KB, not counting the result;"
            f" {MAX_ATTRIBUTES} in one report |"
        ),
        (
            f"| rows {days} days after the end of the task, those of fan-outs"
            f" {LONGEST_EXECUTION_DAYS} days longer; payloads"
            f" {LONGEST_LIFE_OF_A_TASK_DAYS} days longer (`retention_days`; 0 keeps them"
        ),
    ]


def costs() -> list[str]:
    one, bulk, lonely = single(), single(bulk=True), alone()
    subtask, gathered = fan_out(*run.TARGET), scenarios.gather("", children=100)
    smaller = [(100, 1), (100, 10), (1_000, 32)]
    shapes = [(n, size, "" if size > 1 else " (`batchSize: 1`)") for n, size in smaller]
    assert all(size in (1, batch_plan.batch_size_for(count)) for count, size in smaller)
    memory = default(TaskStack, "worker_memory")
    gb_seconds = 0.1 * memory / 1024 * MILLION
    assert gb_seconds == 50_000
    return [
        f"an estimate for functions of {MEMORY_MB} MB.",
        f"Each task has {scenarios.SMALL} bytes of input",
        f"in one request each or {scenarios.WAVE} to a request",
        *(
            f"| {name} | {priced(what)} | {counted(one, what)} | {counted(bulk, what)}"
            f" | {counted(lonely, what)} |"
            for name, what in TASK_ROWS.items()
        ),
        (
            f"| **total** | | | **{one.dollars:.2f}** | | **{bulk.dollars:.2f}**"
            f" | | **{lonely.dollars:.2f}** |"
        ),
        f"| logs and traces | | | {beside(one)} | | {beside(bulk)} | | {beside(lonely)} |",
        (
            f"| **total with them** | | | **{whole(one)}** | | **{whole(bulk)}**"
            f" | | **{whole(lonely)}** |"
        ),
        f"at ${log_price(What.LOG_BYTES) * 1_000:.2f} a GB;",
        f"traces are ${log_price(What.TRACES):.2f} a million.",
        f"one invocation a second and {SAMPLED_UNDER_LOAD:.0%} of".replace("%", " %"),
        (
            "all of them where tasks run alone,"
            f" ${lonely.usage.total(What.TRACES) * log_price(What.TRACES):.2f} for a million tasks."
        ),
        f"costs ${price(What.FUNCTION_CALLS, What.PUBLISHES):.2f} a million more",
        f"fan-outs of {run.TARGET[0]:,}, in the default batches of {run.TARGET[1]}.",
        *(
            f"| {name} | {priced(what)} | {counted(subtask, what)} |"
            for name, what in SUBTASK_ROWS.items()
        ),
        f"| HTTP API, SNS and S3 requests | | | {dollars_of(subtask, *SUBTASK_REST):.3f} |",
        f"| **total** | | | **{subtask.dollars:.2f}** |",
        (
            f"logs and traces | | | {beside(subtask, 2)} |"
            f" | **total with them** | | | **{whole(subtask, 2)}** |"
        ),
        *idle_stack(),
        *(f"| {n:,} | {size}{note} | {fan_out(n, size).dollars:.2f} |" for n, size, note in shapes),
        (
            f"a million calls of 100 ms at {memory} MB, the default memory, are"
            f" {gb_seconds:,.0f} GB-seconds: ${gb_seconds * price(What.GB_SECONDS) / MILLION:.2f}."
        ),
        f"An input of up to {payloads.TASK_INPUT_INLINE} bytes",
        (
            f"with the full {payloads.TASK_INPUT_INLINE} bytes a task takes"
            f" {units(alone(payloads.TASK_INPUT_INLINE))} write units instead of {units(one)}."
        ),
        f"An input of up to {payloads.ROW_LIMIT:,} bytes has a row of its own",
        "half a read unit per 4 KB and one more call.",
        f"is ${single(scenarios.MIDDLE).dollars:.2f} a million with inputs of 2 KB",
        (
            f"${priced(What.S3_PUTS)} a million for the PUT and ${priced(What.S3_GETS)} a million"
            " for the GET."
        ),
        f"A result of up to {payloads.RESULT_INLINE:,} bytes",
        f"An element of more than {payloads.SUBTASK_INPUT_INLINE} bytes stays in the bucket",
        f"more than {batch.NAP_SECONDS:.0f} seconds away",
        f"An idempotency key takes {keyed_units():.0f} more write units",
        (
            f"A child of a parent that gathers 100 takes {units(gathered)} write units and"
            f" {gathered.usage.total(What.CALLS):.3g} AWS calls, its share of the parent included:"
            f" ${gathered.dollars:.2f} a million."
        ),
        f"(at most ${priced(What.READ_UNITS)} a million).",
        f"a read unit for each task (${priced(What.READ_UNITS)} a million)",
        *limit_rows(),
        *polling(),
        *sweeps(memory),
        f'`notify="each"`, the default up to {batch_plan.NOTIFY_EACH_UP_TO:,} subtasks,',
        (
            f"an SNS request for every {MESSAGES_A_CALL} subtasks"
            f" (${price(What.PUBLISHES) / MESSAGES_A_CALL:.2f} a million)"
        ),
    ]


LIMIT_ROWS = {
    limit_costs.UNGATED: "no limit",
    limit_costs.FREE: "one concurrency limit, a slot is free",
    limit_costs.WAITING: "one concurrency limit, nine of ten wait first",
    limit_costs.TWO: "two concurrency limits, slots are free",
    limit_costs.IN_TIME: "a rate limit, started in time",
    limit_costs.LATE: "a rate limit, but workers are late: units taken anew",
    limit_costs.UNIQUE: "a unique key",
    limit_costs.EXISTING: "a submit that finds its unique key taken",
    limit_costs.DEBOUNCED: "a debounced task that is submitted once",
    limit_costs.BUMP: "each further submit, which puts it off",
    limit_costs.PAUSED: "held by a pause first",
    limit_costs.FREE_ALONE: "one concurrency limit, each task alone",
    limit_costs.SECONDS: "tasks of seconds, each ends alone, no limit",
    limit_costs.FREE_SECONDS: "the same, one concurrency limit, a slot is free",
}


def limit_rows() -> list[str]:
    return [limit_row(name, limited()[key]) for key, name in LIMIT_ROWS.items()]


def limit_row(name: str, scenario: Scenario) -> str:
    writes, reads = (
        scenario.usage.total(what) * MILLION for what in (What.WRITE_UNITS, What.READ_UNITS)
    )
    return f"| {name} | {writes:,.0f} | {reads:,.0f} | {scenario.dollars:.2f} |"


def polling() -> list[str]:
    """What limits cost beside the table, and what others would take."""
    free, slots = (
        limited()[name].dollars for name in (limit_costs.SUBTASK, limit_costs.LIMITED_SUBTASK)
    )
    look = price(What.FAIR_QUEUE_REQUESTS) * 2 + price(What.FUNCTION_CALLS, What.WRITE_UNITS)
    pauses = limit_costs.pause_look() * limit_costs.PAUSE_LOOKS_A_MONTH
    assert KEPT_MS == 15_000
    return [
        f"which then cost {slots / free - 1:.1%} more".replace("%", " %"),
        f"an invocation and a refused write, ${look:.2f} a million:",
        "looks for a slot every 30 seconds",
        f"a task that waits for ten minutes costs ${look * 600 / 30:.2f} a million beside",
        f"four state transitions for a task, ${4 * price(What.TRANSITIONS):.0f} a million.",
        "looks for pauses every 15 seconds",
        f"half a read unit: ${dollars(pauses).total():.2f} in a month of work.",
    ]


def beside(scenario: Scenario, digits: int = 1) -> str:
    """Logs and traces; in tenths, since a line of code more or less changes what is logged."""
    return f"{scenario.log_dollars:.{digits}f}"


def whole(scenario: Scenario, digits: int = 1) -> str:
    return f"{scenario.dollars + scenario.log_dollars:.{digits}f}"


def log_price(what: What) -> float:
    return LOG_PRICES[what].dollars


@cache
def idle(pools: tuple[WorkerPool, ...] = ()) -> Idle:
    """Of the template of a stack with the defaults, and perhaps with worker pools."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    with TemporaryDirectory() as folder:
        app = App(context=context, outdir=folder)
        build = Path(folder) / "build"
        stack = LintedStack(app, "Default", pools=pools, build_folder=build)
        return idle_of(Template.from_stack(stack).to_json())


def idle_stack() -> list[str]:
    found = idle()
    return [
        f"In a month of {MONTH_SECONDS // 86_400} days,",
        (
            f"| CloudWatch alarms, ${ALARM_DOLLARS:.2f} each | {found.alarm_metrics}"
            f" | {found.alarm_dollars:.2f} |"
        ),
        (
            f"| CloudWatch dashboard, ${DASHBOARD_DOLLARS:.2f} each | {found.dashboards}"
            f" | {found.dashboard_dollars:.2f} |"
        ),
        (
            f"pollers: {POLLERS} for each of {found.queues} queues,"
            f" one every {POLL_SECONDS} seconds | {found.polls:,} | {found.poll_dollars:.2f} |"
        ),
        f"| **total** | | **{found.dollars:.2f}** |",
        idle_pool(),
    ]


def idle_pool() -> str:
    """What a worker pool adds to that."""
    none, one, drained = (
        idle(pools)
        for pools in ((), (WorkerPool("large"),), (WorkerPool("large", max_concurrency=0),))
    )
    return (
        f"adds {one.alarm_metrics - none.alarm_metrics} alarms and the polling of"
        f" {one.queues - none.queues} queue, so ${one.dollars - none.dollars:.2f}; one that only"
        f" consumers drain adds {drained.alarm_metrics - none.alarm_metrics} alarms."
    )


def sweeps(memory: int) -> list[str]:
    """A sweep reads the table eventually consistently: 8 KB for a read unit."""
    minutes = written(TaskStack._build_sweep_handler, r"Duration\.minutes\((\d+)\)")
    gb_seconds = minutes * 60 * memory / 1024
    rows = 90 * MILLION  # a million tasks a day, kept for 90 days
    return [
        (
            "half a read unit per 4 KB: "
            f"${2**30 / 8_192 * price(What.READ_UNITS) / MILLION:.3f} per GB,"
        ),
        (
            f"so ${rows * 1_024 / 8_192 * price(What.READ_UNITS) / MILLION:.2f} for"
            f" {rows // MILLION} million rows of 1 KB."
        ),
        (
            f"at most {gb_seconds:.0f} GB-seconds an invocation"
            f" (${gb_seconds * price(What.GB_SECONDS) / MILLION:.3f}),"
        ),
    ]


CLAIMS: dict[str, Callable[[], list[str]]] = {
    "README.md": cache(readme),
    "docs/costs.md": cache(costs),
    "docs/deploy.md": cache(deploy),
    "docs/limits.md": cache(limits),
    "docs/when-things-go-wrong.md": cache(failures),
}


# --- how a page is held against its claims --------------------------------------------------------


def text_of(page: str) -> str:
    return " ".join(FENCE.sub("", (ROOT / page).read_text()).split())


def faults(text: str, claims: list[str]) -> list[str]:
    """The claims that a text does not hold exactly once, and its figures that no claim has."""
    counts = {each: text.count(each) for each in claims}
    found = [f"stands {n} times, not once: {each}" for each, n in counts.items() if n != 1]
    for each in sorted(claims, key=len, reverse=True):
        text = text.replace(each, " … " + "`" * (each.count("`") % 2))  # code stays code
    text = NO_FIGURES.sub("", DECISION.sub("", text))
    return found + [
        f"in no claim: {text[max(0, each.start() - 40) : each.end() + 20]}"
        for each in FIGURE.finditer(text)
    ]


@pytest.mark.parametrize("page", CLAIMS)
def test_every_figure_is_one_that_is_computed(page: str) -> None:
    found = faults(text_of(page), CLAIMS[page]())

    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", CLAIMS)
def test_whichever_figure_is_changed_it_is_noticed(page: str) -> None:
    text, claims = text_of(page), CLAIMS[page]()
    shown = [each.span() for claim in claims for each in FIGURE.finditer(text, *span(text, claim))]

    assert len(shown) >= len(claims)
    assert [
        text[start:end]
        for start, end in shown
        if not faults(f"{text[:start]}{_other(text[start:end])}{text[end:]}", claims)
    ] == []


def test_a_figure_that_is_added_is_noticed() -> None:
    text, claims = text_of("README.md"), CLAIMS["README.md"]()

    assert faults(f"{text} It is 12 times cheaper.", claims) != []
    assert faults(f"{text} That is $4.39 again.", claims) != []


@pytest.mark.parametrize(
    ("rows", "rest", "made"),
    [
        (TASK_ROWS, (), [single, lambda: single(bulk=True), alone]),
        (SUBTASK_ROWS, SUBTASK_REST, [lambda: fan_out(*run.TARGET)]),
    ],
)
def test_the_lines_of_a_table_are_all_that_its_total_is_made_of(
    rows: dict[str, What], rest: tuple[What, ...], made: list[Callable[[], Scenario]]
) -> None:
    for scenario in (each() for each in made):
        assert dollars_of(scenario, *rows.values(), *rest) == pytest.approx(scenario.dollars)


def span(text: str, claim: str) -> tuple[int, int]:
    return text.index(claim), text.index(claim) + len(claim)


def _other(figure: str) -> str:
    """A figure of the same shape, in its last digit another one."""
    return figure[:-1] + str((int(figure[-1]) + 1) % 10)
