"""The demo of `make run`: import 3,376 airports as subtasks, then export them by state.

Works on the local cloud of this folder, or on the stack that TASKMILL_URL names.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from taskmill.client import Task, TaskClient
from taskmill.client.outputs import local_outputs

AIRPORTS = Path(__file__).with_name("data") / "airports.csv"
TENANT = "demo"
TOLERATED = "1%"
EXPECTED = {"total": 3_376, "completed": 3_364, "failed": 12, "cancelled": 0}
STATES_SHOWN = 10
console = Console(highlight=False)


def main() -> int:
    """Run the demo; 0 if the counts of subtasks are those expected of the file, else 1."""
    with TaskClient(tenant=TENANT) as client:
        imported = import_airports(client)
        export = export_by_state(client, imported)
        show_states(download(export))
        show_failures(client, imported)
        show_next_steps(imported, export)
        counts = client.get(imported).attributes["counts"]
    if counts != EXPECTED:
        console.print(f"[red]expected {EXPECTED}, got {counts}[/red]")
        return 1
    return 0


def import_airports(client: TaskClient) -> Task:
    """Submit each row of the file as a subtask of one step function task, and wait for its end."""
    rows = list(csv.DictReader(AIRPORTS.read_text().splitlines()))
    heading(f"1. Import {len(rows):,} airports as subtasks of one step function task")
    task = client.map("airport-import", rows, tolerated_failures=TOLERATED)
    task = follow(client, task, "subtasks")
    counts: Any = task.attributes["counts"]
    console.print(
        f"   {task.status}: {counts['completed']:,} completed, {counts['failed']} failed"
        f" of {counts['total']:,}; up to {TOLERATED} failures are tolerated",
        soft_wrap=True,
    )
    return task


def export_by_state(client: TaskClient, imported: Task) -> dict[str, Any]:
    """Submit a single task that reads the results and stores a CSV in the bucket."""
    heading("2. Export them by state: a single task, with progress")
    task = client.submit("data-export", imported.key.as_dict())
    task = follow(client, task, "subtasks read")
    export: dict[str, Any] = client.result(task)
    console.print(
        f"   {task.status}: {export['airports']:,} airports in {export['states']} states"
        f"\n   s3://{export['bucket']}/{export['key']}",
        soft_wrap=True,
    )
    return export


def follow(client: TaskClient, task: Task, unit: str) -> Task:
    """Show a task's progress until it has completed."""
    with bar(unit) as show:
        return client.wait(task, on_update=show, timeout_seconds=300)


@contextmanager
def bar(unit: str) -> Iterator[Any]:
    """A progress bar in a terminal, removed at the end; nothing where output is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("  {task.fields[status]:<10}"),
        BarColumn(bar_width=40),
        TextColumn("{task.completed:>6,.0f} " + unit),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        shown = progress.add_task("", total=None, status="CREATED")

        def show(task: Task) -> None:
            figures: Any = task.attributes.get("counts") or task.attributes.get("progress") or {}
            ended = sum(figures.get(name, 0) for name in ("completed", "failed", "done"))
            total = figures.get("total")
            progress.update(shown, completed=ended, total=total, status=task.status)

        yield show


def download(export: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of the exported CSV."""
    outputs = local_outputs()
    local = {
        "endpoint_url": outputs.get("EndpointUrl"),
        "region_name": outputs.get("Region"),
        "aws_access_key_id": outputs.get("AccessKeyId"),
        "aws_secret_access_key": outputs.get("SecretAccessKey"),
    }
    bucket = boto3.client("s3", **local)
    body = bucket.get_object(Bucket=export["bucket"], Key=export["key"])["Body"].read()
    return list(csv.DictReader(io.StringIO(body.decode())))


def show_states(rows: list[dict[str, str]]) -> None:
    heading("3. What came out")
    table = Table(title=f"The {STATES_SHOWN} states with the most airports (of {len(rows)})")
    table.add_column("State")
    table.add_column("Airports", justify="right")
    table.add_column("Mean distance to a large hub", justify="right")
    table.add_column("Farthest", justify="right")
    table.add_column("Usual hub")
    for row in rows[:STATES_SHOWN]:
        mean, farthest = float(row["mean_hub_distance_km"]), float(row["farthest_km"])
        table.add_row(
            row["state"],
            row["airports"],
            f"{mean:,.0f} km",
            f"{farthest:,.0f} km",
            row["usual_hub"],
        )
    console.print(table)


def show_failures(client: TaskClient, imported: Task) -> None:
    table = Table(title="What failed, and why")
    table.add_column("Subtask", justify="right")
    table.add_column("Airport")
    table.add_column("Error")
    for subtask in client.subtasks(imported, status="FAILED"):
        row: Any = subtask.input
        error: Any = subtask.attributes["error"]
        table.add_row(str(subtask.index), f"{row['iata']} {row['name']}", error["message"])
    console.print(table)


def show_next_steps(imported: Task, export: dict[str, Any]) -> None:
    heading("4. Try next")
    taskmill = f".venv/bin/taskmill --tenant {TENANT}"
    rows = ', "city": "Springfield", "state": "IL", "country": "USA"'
    place = ', "latitude": 39.8, "longitude": -89.6'
    airport = f'{{"iata": "XYZ", "name": "My field"{rows}{place}}}'
    commands = [
        f"{taskmill} list --type airport-import",
        f"{taskmill} get '{imported.sk}'",
        f"{taskmill} submit airport-import '{airport}' --wait",
        f"{taskmill} map airport-import examples/airports/data/airports.csv --tolerate 1% --wait",
        f"{taskmill} result 'data-export#{Path(export['key']).stem}'",
    ]
    for command in commands:
        console.print(f"   {command}", soft_wrap=True, markup=False)
    console.print("\n   The local cloud stays up; [bold]make stop[/bold] stops it.")
    console.print("   See all of this in the browser, and retry what failed:", soft_wrap=True)
    console.print(f"\n   [bold]{taskmill} console[/bold]", soft_wrap=True)


def heading(text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
