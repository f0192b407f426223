"""The functions in a synthesised app, and the folders of their code and layers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class DeployedFunction:
    """A function of a stack whose code is an asset of the app.

    Attributes:
        asset: Hash of the asset.
        layers: Folders of those of its layers that are assets.
    """

    stack: str
    logical_id: str
    handler: str
    asset: str
    layers: tuple[Path, ...]


def stacks_of(assembly_dir: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the template of each stack; those of stages are not among them."""
    manifest = json.loads((assembly_dir / "manifest.json").read_text())
    for artifact_id, artifact in manifest["artifacts"].items():
        if artifact["type"] == "aws:cloudformation:stack":
            properties = artifact["properties"]
            template = assembly_dir / properties["templateFile"]
            yield properties.get("stackName", artifact_id), json.loads(template.read_text())


def functions_of(assembly_dir: Path) -> list[DeployedFunction]:
    """The functions of all stacks whose code is a folder of the app."""
    return [
        function
        for name, template in stacks_of(assembly_dir)
        for function in _functions(assembly_dir, name, template.get("Resources", {}))
    ]


def has_versions(assembly_dir: Path) -> bool:
    """Whether functions are called by published versions, which never change their code."""
    return any(
        resource["Type"] == "AWS::Lambda::Version"
        for _, template in stacks_of(assembly_dir)
        for resource in template.get("Resources", {}).values()
    )


def folder_of(assembly_dir: Path, asset: str) -> Path:
    """The folder of an asset, by its hash."""
    return assembly_dir / f"asset.{asset}"


def _functions(
    assembly_dir: Path, stack: str, resources: Mapping[str, Any]
) -> Iterator[DeployedFunction]:
    for logical_id, resource in resources.items():
        if resource["Type"] != "AWS::Lambda::Function":
            continue
        properties = resource["Properties"]
        asset = _asset(properties.get("Code", {}))
        if asset is None or not folder_of(assembly_dir, asset).is_dir():
            continue
        referenced = [each.get("Ref") for each in properties.get("Layers", ()) if _is_ref(each)]
        layers = [_asset(resources[ref]["Properties"]["Content"]) for ref in referenced]
        folders = tuple(folder_of(assembly_dir, each) for each in layers if each)
        yield DeployedFunction(stack, logical_id, properties.get("Handler", ""), asset, folders)


def _asset(code: Mapping[str, Any]) -> str | None:
    key = code.get("S3Key")
    return key.removesuffix(".zip") if isinstance(key, str) and key.endswith(".zip") else None


def _is_ref(value: Any) -> bool:
    return isinstance(value, dict) and "Ref" in value
