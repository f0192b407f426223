"""With ``snap_start`` every way into a function leads to a version that has a snapshot."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from taskmill_cdk import TaskStack
from taskmill_cdk.task_function import TaskFunction

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = "AWS::Lambda::Function"
VERSION = "AWS::Lambda::Version"
ALIAS = "AWS::Lambda::Alias"
SOURCE = "AWS::Lambda::EventSourceMapping"
# Whoever calls a function names it in one of these.
CALLERS = {
    SOURCE: lambda properties: properties["FunctionName"],
    "AWS::ApiGatewayV2::Integration": lambda properties: properties["IntegrationUri"],
    "AWS::StepFunctions::StateMachine": lambda properties: properties["DefinitionString"],
    "AWS::Events::Rule": lambda properties: properties["Targets"],
    "AWS::Lambda::Permission": lambda properties: properties["FunctionName"],
}


class MostlySnapStart(TaskStack):
    """Split starts in no time beside what it does: it needs no snapshot."""

    def _build_split(self, max_concurrency: int, **props: Any) -> TaskFunction:
        return super()._build_split(max_concurrency, snap_start=False, **props)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("snap")
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=context, outdir=str(out))
    MostlySnapStart(app, "Taskmill", snap_start=True, build_folder=ROOT / ".build")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:  # findings stop the synthesis, after all is written
        if "ValidationFailed" not in str(error):
            raise
    return out


@pytest.fixture(scope="module")
def snap(out: Path) -> Template:
    return Template.from_json(json.loads((out / "Taskmill.template.json").read_text()))


def named(template: Template, kind: str) -> set[str]:
    return set(template.find_resources(kind))


def mentions(value: Any) -> set[str]:
    """Logical ids that an expression refers to."""
    if isinstance(value, list):
        return set().union(*map(mentions, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    own = {value["Ref"]} if "Ref" in value else set()
    own |= {value["Fn::GetAtt"][0]} if "Fn::GetAtt" in value else set()
    return own.union(*(mentions(each) for each in value.values()))


def without_split(ids: set[str]) -> set[str]:
    return {each for each in ids if not each.startswith("Split")}


def test_all_functions_but_the_one_that_says_no_have_snapshots(snap: Template) -> None:
    functions = snap.find_resources(FUNCTION)
    with_snapshots = {
        name
        for name, function in functions.items()
        if function["Properties"].get("SnapStart") == {"ApplyOn": "PublishedVersions"}
    }

    assert with_snapshots == without_split(set(functions))
    assert len(with_snapshots) == 7


def test_each_of_them_has_one_alias_on_its_version(snap: Template) -> None:
    aliases = snap.find_resources(ALIAS).values()

    assert {each["Properties"]["Name"] for each in aliases} == {"live"}
    functions = [mentions(each["Properties"]["FunctionName"]) for each in aliases]
    assert sorted(map(sorted, functions)) == [
        [f] for f in sorted(without_split(named(snap, FUNCTION)))
    ]
    versions = [mentions(each["Properties"]["FunctionVersion"]) for each in aliases]
    assert set().union(*versions) == named(snap, VERSION)


def test_a_version_goes_when_another_takes_its_place(snap: Template) -> None:
    """Its snapshot would cost as long as it is there."""
    for version in snap.find_resources(VERSION).values():
        assert version.get("DeletionPolicy", "Delete") == "Delete"


@pytest.mark.parametrize("kind", CALLERS)
def test_whoever_calls_a_function_calls_its_alias(snap: Template, kind: str) -> None:
    functions, aliases = without_split(named(snap, FUNCTION)), named(snap, ALIAS)
    callers = snap.find_resources(kind)

    assert callers
    for name, caller in callers.items():
        called = mentions(CALLERS[kind](caller["Properties"]))
        assert called & aliases, name
        assert not called & functions, name


def test_roles_may_call_the_aliases_and_not_what_is_behind_them(
    snap: Template, allowed: Callable[[Template, str], dict[str, set[str]]]
) -> None:
    may = allowed(snap, "SubtaskWorkflowStateMachineRole")
    invoked = {each for each, actions in may.items() if "lambda:InvokeFunction" in actions}

    assert {each.split(":")[0] for each in invoked} == {"Split", "BatchLive", "FinishLive"}


def test_what_the_alias_of_finish_was_invoked_with_in_vain_is_kept(snap: Template) -> None:
    [invoked] = snap.find_resources("AWS::Lambda::EventInvokeConfig").values()

    assert mentions(invoked["Properties"]["Qualifier"]) & named(snap, ALIAS)
    assert "OnFailure" in invoked["Properties"]["DestinationConfig"]


def test_nothing_is_found_to_be_unsafe(out: Path, findings_of: Callable[[Path], list[str]]) -> None:
    assert findings_of(out / "validation-report.json") == []


def test_without_it_there_are_no_versions(template: Template) -> None:
    assert not named(template, VERSION)
    assert not named(template, ALIAS)
    for function in template.find_resources(FUNCTION).values():
        assert "SnapStart" not in function["Properties"]
