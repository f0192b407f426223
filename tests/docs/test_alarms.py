"""The page about operations names every alarm that a stack has."""

import re
from pathlib import Path

import pytest

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from aws_cdk import App
from aws_cdk.assertions import Template
from tools.lint_templates import LintedStack

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/guide/operations.md").read_text()
OF_EACH_FUNCTION = re.compile(r"\w+(Errors|Throttles)")


@pytest.fixture(scope="module")
def alarms(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The construct ids of the alarms: their logical ids, without `Monitoring` and the hash."""
    folder = tmp_path_factory.mktemp("alarms")
    stack = LintedStack(App(outdir=str(folder)), "Default", build_folder=folder / "build")
    found = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
    return {name.removeprefix("Monitoring")[:-8] for name in found}


def named() -> set[str]:
    table = PAGE.partition("| alarm |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    return {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}


def test_every_alarm_is_named(alarms: set[str]) -> None:
    shared = {name for name in alarms if OF_EACH_FUNCTION.fullmatch(name)}

    assert alarms - named() - shared == set()
    assert {"WorkerErrors", "WorkerThrottles"} <= named()


def test_every_alarm_that_is_named_is_there(alarms: set[str]) -> None:
    assert named() - alarms == set()
