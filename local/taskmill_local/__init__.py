"""The local cloud: start the AWS emulator MiniStack, deploy a CDK app to it, stop it.

MiniStack is one Python process, so that only Python is needed. ``LocalCloud`` is the interface, and
``python -m taskmill_local`` the same for a shell. Nothing here imports ``taskmill`` or ``aws_cdk``:
apps are synthesised by a command, and deployed by the CDK's command line.
"""

from taskmill_local.cloud import CloudStatus, LocalCloud
from taskmill_local.errors import LocalCloudError

__all__ = ["CloudStatus", "LocalCloud", "LocalCloudError"]
