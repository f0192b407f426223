"""The environment variables that our child processes see."""

import os
from collections.abc import Mapping

REGION = "us-east-1"
ACCOUNT = "000000000000"

# MiniStack's root user: it may do everything, also when policies are enforced.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105  the emulator's well-known key, worth nothing elsewhere

_LOCAL_HOSTS = "localhost,127.0.0.1"


def endpoint_url(port: int) -> str:
    """Where every AWS service of the local cloud listens."""
    return f"http://localhost:{port}"


def without_cloud() -> dict[str, str]:
    """Our own environment without any trace of a real AWS account, or of another Python.

    A profile or a token left in the shell must never reach a local deploy, and a proxy must
    never stand between us and the local cloud.
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
    """What points every AWS client, the CDK included, at the local cloud."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url(port),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
