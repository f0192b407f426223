"""Compares the templates with those of the last release: nothing that holds data is replaced.

What is compared of a resource is its logical id, its type, whether it is retained, and the
properties whose change makes or may make CloudFormation replace it, according to the resource's
schema, which cfn-lint brings. ``make upgrade-check`` runs it; ``--take`` notes the present
templates as released.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from tools.lint_templates import synthesise  # noqa: E402

RELEASED = Path(__file__).with_name("last_release.json")
REGION = "us-east-1"
# What loses data, work under way or its address when CloudFormation replaces it.
STATEFUL = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::Scheduler::ScheduleGroup",
        "AWS::StepFunctions::StateMachine",
    }
)

Noted = dict[str, dict[str, Any]]
"""By logical id: the type of a resource, its deletion policy, what replaces it."""


def noted(template: Mapping[str, Any]) -> Noted:
    """What is compared of a template's stateful resources."""
    return {
        name: {
            "type": resource["Type"],
            "kept": resource.get("DeletionPolicy", "Delete"),
            "replaces": _replacing(resource),
        }
        for name, resource in sorted(template["Resources"].items())
        if resource["Type"] in STATEFUL
    }


def faults(released: Noted, present: Noted) -> Iterator[str]:
    """What an update from one template to the other would destroy, each in a line."""
    for name, before in released.items():
        after = present.get(name)
        if after is None:
            yield f"{name} ({before['type']}) is gone: an update would delete it, or orphan it"
            continue
        if after["type"] != before["type"]:
            yield f"{name} was a {before['type']} and is a {after['type']}"
            continue
        for each in sorted({*before["replaces"], *after["replaces"]}):
            old, new = before["replaces"].get(each), after["replaces"].get(each)
            if old != new:
                yield f"{name} ({before['type']}) would be replaced: {each} was {old}, is {new}"
        if before["kept"].startswith("Retain") and not after["kept"].startswith("Retain"):
            yield f"{name} ({before['type']}) was retained: {before['kept']}, is {after['kept']}"


@cache
def create_only(kind: str) -> tuple[str, ...]:
    """The properties of a resource type that cannot be changed in place, as paths."""
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # a second, for all tests

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    names = ("createOnlyProperties", "conditionalCreateOnlyProperties")
    pointers = [pointer for name in names for pointer in schema.get(name) or ()]
    return tuple(each.removeprefix("/properties/") for each in pointers)


def _replacing(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    values = {path: _at(properties, path.split("/")) for path in create_only(resource["Type"])}
    return {path: value for path, value in values.items() if value is not None}


def _at(value: Any, path: Sequence[str]) -> Any:
    """The value at a path; of every member of a list where the path says `*`."""
    if not path:
        return value
    if isinstance(value, list) and path[0] == "*":
        return [_at(each, path[1:]) for each in value]
    return _at(value.get(path[0]), path[1:]) if isinstance(value, Mapping) else None


def present_templates() -> dict[str, Noted]:
    """What is compared of the templates of this version, by stack."""
    with TemporaryDirectory() as folder:
        return {
            template.name.partition(".")[0]: noted(json.loads(template.read_text()))
            for template in synthesise(Path(folder))
        }


def main(given: Sequence[str]) -> int:
    """Print what an update would destroy; 1 if it is anything."""
    present = present_templates()
    if "--take" in given:
        RELEASED.write_text(json.dumps(present, indent=1, sort_keys=True) + "\n")
        return 0
    released = json.loads(RELEASED.read_text())
    found = [
        f"{stack}: {fault}"
        for stack, before in released.items()
        for fault in faults(before, present.get(stack, {}))
    ]
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
