"""What modules import that no function will find."""

import ast
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from taskmill_cdk.code_checks.modules import Module, absolute

# What AWS's Python runtime brings with boto3, and for itself.
_OF_THE_RUNTIME = frozenset(
    {
        *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"),
        *("awslambdaric", "snapshot_restore_py", "simplejson", "taskmill"),
    }
)


def missing_imports(
    modules: Sequence[Module], *, folder: Collection[str], layer: Path
) -> Iterator[tuple[str, str]]:
    """Packages that are imported whenever a module is, and are nowhere: name and place.

    Imports in functions, in conditions and in ``try`` are left out: these may be meant to fail.

    Args:
        folder: Names of the files that are deployed.
        layer: The layer's folder of packages.
    """
    ours = {name.split("/")[0].removesuffix(".py") for name in folder}
    told = set()
    for module in modules:
        for name, node in _imports(module):
            top = name.partition(".")[0]
            if top in told or top in ours or top in _OF_THE_RUNTIME:
                continue
            if top not in sys.stdlib_module_names and not _is_in(layer, top):
                told.add(top)
                yield top, module.place(node)


def _imports(module: Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in module.tree.body:
        if isinstance(node, ast.Import):
            yield from ((each.name, node) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield absolute(node, module), node


def _is_in(layer: Path, top: str) -> bool:
    found = (layer / top, layer / f"{top}.py", *layer.glob(f"{top}.*.so"))
    return any(each.exists() for each in found)
