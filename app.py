"""The CDK app: the airports demo, on AWS or, with ``-c local=true``, on the local cloud."""

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from aws_cdk import App
from examples.airports.stack import AirportsStack

app = App()
AirportsStack(app, "Taskmill", local=app.node.try_get_context("local") == "true")
app.synth()
