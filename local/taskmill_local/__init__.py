"""The local cloud: start it, deploy a CDK app to it, stop it.

It is MiniStack, an AWS emulator that is one Python process, so nothing but Python is needed.
``LocalCloud`` is the whole interface; ``python -m taskmill_local`` is the same for a shell.
"""

from taskmill_local.cloud import CloudStatus, LocalCloud
from taskmill_local.errors import LocalCloudError

__all__ = ["CloudStatus", "LocalCloud", "LocalCloudError"]
