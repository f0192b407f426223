"""The CDK app: ``cdk deploy --app "python -m examples.fastapi_app.app"``."""

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from pathlib import Path

from aws_cdk import App

from taskmill_cdk import TaskSource, TaskStack

TASKS = TaskSource(folder=Path(__file__).with_name("tasks"), modules=["import_tasks"])

app = App()
TaskStack(
    app,
    "FastapiApp",
    tasks=TASKS,
    local=app.node.try_get_context("local") == "true",
)
app.synth()
