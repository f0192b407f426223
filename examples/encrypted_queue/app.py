"""The CDK app: ``cdk deploy --app "python -m examples.encrypted_queue.app"``."""

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from aws_cdk import App

from examples.encrypted_queue.stack import EncryptedQueueStack

app = App()
EncryptedQueueStack(app, "TaskmillEncrypted", local=app.node.try_get_context("local") == "true")
app.synth()
