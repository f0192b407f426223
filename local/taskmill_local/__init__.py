"""The local cloud: start the AWS emulator MiniStack, deploy a CDK app to it, stop it.

MiniStack is one Python process, so that only Python is needed. ``LocalCloud`` is the interface, and
``python -m taskmill_local`` the same for a shell. Nothing here imports ``taskmill`` or ``aws_cdk``:
apps are synthesised by a command, and deployed by the CDK's command line, which ``run_cdk`` runs
against AWS.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskmill_local.cloud import CloudStatus, LocalCloud
    from taskmill_local.errors import LocalCloudError
    from taskmill_local.on_aws import run_cdk

__all__ = ["CloudStatus", "LocalCloud", "LocalCloudError", "run_cdk"]

_HOMES = {
    "CloudStatus": "taskmill_local.cloud",
    "LocalCloud": "taskmill_local.cloud",
    "LocalCloudError": "taskmill_local.errors",
    "run_cdk": "taskmill_local.on_aws",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first needed: ``run_cdk`` needs fewer packages."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
