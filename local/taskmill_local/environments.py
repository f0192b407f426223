"""Environment variables of the child processes: emulator, CDK and its app."""

import os
from collections.abc import Mapping

REGION = "us-east-1"
ACCOUNT = "000000000000"

# The access key of MiniStack's root user, who may do everything, also with --enforce-iam.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105  the emulator's well-known key, worth nothing elsewhere

_LOCAL_HOSTS = "localhost,127.0.0.1"


def endpoint_url(port: int) -> str:
    """The endpoint of all AWS services of the local cloud."""
    return f"http://localhost:{port}"


def without_cloud() -> dict[str, str]:
    """This process's environment without settings of AWS, the CDK, taskmill and Python.

    A profile or token of the shell must not reach a local deploy, and a proxy must not come
    between clients and the local cloud.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "CDK_", "TASKMILL_", "PYTHON"))
    }
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (kept.get(name), _LOCAL_HOSTS)))
    return kept


def for_clients(port: int) -> Mapping[str, str]:
    """The variables that point all AWS clients, and the CDK, at the local cloud."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url(port),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
