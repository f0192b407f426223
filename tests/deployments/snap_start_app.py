"""The stack with SnapStart: every function is called by its alias."""

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from pathlib import Path

from aws_cdk import App

from taskmill_cdk import TaskSource, TaskStack

TESTS = Path(__file__).parents[1]
TASKS = TaskSource(folder=TESTS / "e2e" / "app" / "tasks", modules=["e2e_tasks"])

app = App()
TaskStack(
    app,
    "TaskmillSnapStart",
    tasks=TASKS,
    local=True,
    snap_start=True,
    build_folder=TESTS.parent / ".build",
)
app.synth()
