"""Run the report pipeline on the local cloud of this folder, or where TASKMILL_URL points.

A report gathers the results of 20 children, one of which fails twice before it succeeds, then maps
200 subtasks, and has a callback on success. A schedule then submits the same report once more.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.tree import Tree

from examples.report_pipeline.tasks.report_tasks import Airport, ReportRequest, State, report
from taskmill.client import Task, TaskClient

AIRPORTS = Path(__file__).parents[1] / "airports" / "data" / "airports.csv"
TENANT = "reports"
STATES = 20
EACH = 10  # airports of a state: 200 subtasks
SCHEDULE = "report-every-minute"
FIRES_WITHIN_SECONDS = 150
COLOURS = {"COMPLETED": "green", "FAILED": "red", "CANCELLED": "yellow"}
console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Run the pipeline; 0 if the callback and the scheduled report have completed, else 1."""
    request = read_request()
    with TaskClient(tenant=TENANT) as client:
        console.rule("1. A report, submitted once", align="left")
        handle = report.submit(request, tenant=TENANT, name=request.title)
        made = handle.wait(timeout_seconds=120)
        far = made.loneliest
        console.print(f"{made.title}: {far.airport} is {far.km} km from {far.neighbour}")
        callback = wait_for_callback(client, handle.key)
        show_tree(client, client.get(handle.key))

        console.rule("2. The same report, every minute", align="left")
        scheduled = run_on_schedule(client, request)
        show_tree(client, scheduled)
    statuses = [callback.status, scheduled.status]
    console.print(f"callback {statuses[0]}, scheduled report {statuses[1]}")
    return 0 if set(statuses) == {"COMPLETED"} else 1


def read_request() -> ReportRequest:
    """The first airports of the twenty states that have the most."""
    by_state: defaultdict[str, list[Airport]] = defaultdict(list)
    for row in csv.DictReader(AIRPORTS.read_text().splitlines()):
        if row["state"] not in ("", "NA"):
            by_state[row["state"]].append(Airport.model_validate(row))
    largest = sorted(by_state, key=lambda state: len(by_state[state]), reverse=True)[:STATES]
    states = [State(name=state, airports=by_state[state][:EACH]) for state in largest]
    return ReportRequest(title="Airports of twenty states", states=states)


def wait_for_callback(client: TaskClient, key: object) -> Task:
    """Wait for the callback: a child of the report that is submitted when the report completes."""
    while True:
        for child in client.children(key):
            if child.type == "announce-report":
                return client.wait(child)
        time.sleep(0.5)


def run_on_schedule(client: TaskClient, request: ReportRequest) -> Task:
    """Create a schedule, wait for the report that it submits, and delete the schedule."""
    began = time.time()
    client.put_schedule(
        SCHEDULE,
        task_type=report.type,
        expression="rate(1 minute)",
        input=request.model_dump(mode="json"),
    )
    try:
        with console.status("waiting for the next minute"):
            while time.time() < began + FIRES_WITHIN_SECONDS:
                found = [each for each in client.list(report.type) if each.schedule == SCHEDULE]
                if found:
                    return client.wait(found[0])
                time.sleep(2)
    finally:
        client.delete_schedule(SCHEDULE)
    raise SystemExit(f"the schedule did not fire within {FIRES_WITHIN_SECONDS} s")


def show_tree(client: TaskClient, task: Task) -> None:
    console.print(branch(client, task))


def branch(client: TaskClient, task: Task) -> Tree:
    """A task with its children, and with theirs."""
    tree = Tree(line(task))
    for child in client.children(task):
        tree.children.append(branch(client, child))
    return tree


def line(task: Task) -> str:
    counts = task.attributes.get("counts")
    notes = [f"{task.attempts} attempts"] if task.attempts > 1 else []
    if isinstance(counts, dict):
        notes.append(f"{counts['completed']} of {counts['total']} subtasks")
    note = f" ({', '.join(notes)})" if notes else ""
    return f"[{COLOURS.get(task.status, 'cyan')}]{task.status}[/] {task.type} {task.code}{note}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
