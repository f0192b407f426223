"""The CDK app: ``cdk deploy --app "python -m examples.container_workers.app"``."""

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from aws_cdk import App

from examples.container_workers.stack import ContainerStack

app = App()
ContainerStack(app, "TaskmillContainers", local=app.node.try_get_context("local") == "true")
app.synth()
