"""The linters that `make lint` runs on templates find what AWS would refuse."""

import json
from pathlib import Path

import pytest
from tools.lint_templates import lint, rendered, validate

GOOD = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}
NO_END = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1}}}
LOST = {"StartAt": "Elsewhere", "States": GOOD["States"]}


def template(folder: Path, resource_type: str, **properties: object) -> Path:
    file = folder / "Demo.template.json"
    resource = {"Type": resource_type, "Properties": properties}
    file.write_text(json.dumps({"Resources": {"Demo": resource}}))
    return file


def machine(folder: Path, definition: dict[str, object]) -> Path:
    joined = {"Fn::Join": ["", [json.dumps(definition)]]}
    return template(folder, "AWS::StepFunctions::StateMachine", DefinitionString=joined)


@pytest.mark.parametrize(
    ("properties", "accepted"),
    [({"MessageRetentionPeriod": 60}, True), ({"MessageRetention": 60}, False)],
)
def test_a_property_that_does_not_exist_is_found(
    tmp_path: Path, properties: dict[str, object], *, accepted: bool
) -> None:
    assert lint([template(tmp_path, "AWS::SQS::Queue", **properties)]) is accepted


@pytest.mark.parametrize(("definition", "accepted"), [(GOOD, True), (NO_END, False), (LOST, False)])
def test_a_state_machine_that_cannot_run_is_found(
    tmp_path: Path, definition: dict[str, object], *, accepted: bool
) -> None:
    assert validate([machine(tmp_path, definition)], tmp_path) is accepted


def test_templates_without_a_state_machine_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        validate([template(tmp_path, "AWS::SQS::Queue")], tmp_path)


def test_what_aws_fills_in_is_made_up() -> None:
    parts = ["arn:", {"Ref": "AWS::Partition"}, ":", {"Fn::GetAtt": ["Split1", "Arn"]}]

    assert rendered({"Fn::Join": ["", parts]}) == (
        "arn:aws:arn:aws:lambda:us-east-1:123456789012:function:Split1Arn"
    )
