"""Gives deployed functions the present code of their project, without the CDK."""

import io
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

from taskmill_local.changes.assembly import DeployedFunction
from taskmill_local.changes.code_sources import Sources
from taskmill_local.clients import aws_client


def stage(asset: Path, sources: Sources, into: Path) -> Path:
    """A copy of an asset's folder with the present content of its sources."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(asset, into, ignore=shutil.ignore_patterns("__pycache__"))
    for name, source in sources.items():
        shutil.copyfile(source, into / name)
    return into


def update_code(functions: Iterable[DeployedFunction], code: Path, port: int) -> None:
    """Replace the code of functions by that of a folder; processes with the old code end."""
    packed = _packed(code)
    cloudformation, lambda_ = aws_client("cloudformation", port), aws_client("lambda", port)
    for function in functions:
        name = physical_name(cloudformation, function)
        lambda_.update_function_code(FunctionName=name, ZipFile=packed)


def physical_name(cloudformation: object, function: DeployedFunction) -> str:
    found = cloudformation.describe_stack_resource(  # type: ignore[attr-defined]
        StackName=function.stack, LogicalResourceId=function.logical_id
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _packed(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, file.relative_to(folder).as_posix())
    return content.getvalue()
