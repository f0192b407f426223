"""The demo of `make run`: import 3,376 airports as subtasks, then export them by state.

Needs a deployed stack; the local cloud's outputs, or TASKMILL_URL, say where.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from taskmill.client import TaskClient, Task, TaskFailed
from taskmill.client.outputs import local_outputs
from taskmill.statuses import FINAL, Status

AIRPORTS = Path(__file__).with_name("data") / "airports.csv"
TENANT = "demo"
TOLERATED = "1%"
EXPECTED = {"completed": 3_364, "failed": 12}
console = Console()
