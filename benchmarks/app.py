"""The stack that benchmarks deploy: ``cdk deploy --app "python -m benchmarks.app"``.

Context: ``workers``, how many workers there are; by default as many as every local stack has.
"""

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from pathlib import Path

from aws_cdk import App

from taskmill_cdk import TaskSource, TaskStack

TASKS = TaskSource(
    folder=Path(__file__).with_name("tasks"), modules=["bench_tasks", "peer_tasks", "real_tasks"]
)

app = App()
workers = app.node.try_get_context("workers")
TaskStack(
    app,
    "TaskmillBench",
    tasks=TASKS,
    container_queue=True,
    worker_concurrency=int(workers) if workers else None,
    local=app.node.try_get_context("local") == "true",
)
app.synth()
