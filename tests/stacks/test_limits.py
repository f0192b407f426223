"""Limits: what is not said is left to the runtime, whose defaults are the same."""

import inspect
from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from taskmill.wiring.settings import Settings
from taskmill_cdk import TaskStack, TenantLimits
from taskmill_cdk.limits import CALLBACK_BUDGET, limit_settings

BUILD = Path(__file__).resolve().parents[2] / ".build"


def test_the_defaults_of_the_stack_are_those_of_the_runtime() -> None:
    runtime, stack = Settings(), TenantLimits()

    assert limit_settings(callback_budget=CALLBACK_BUDGET, tenant=stack) == {}
    assert runtime.callback_budget == CALLBACK_BUDGET
    assert runtime.tenant_requests_per_second == (stack.requests_per_second or 0)
    assert runtime.tenant_open_uploads == stack.open_uploads
    assert runtime.tenant_schedules == stack.schedules
    assert runtime.tenant_mappings == stack.mappings
    assert runtime.cross_tenant_submits == stack.cross_tenant_submits
    assert inspect.signature(TaskStack.__init__).parameters["callback_budget"].default == 10_000


def test_every_function_is_told_the_limits_that_are_not_the_defaults() -> None:
    limits = TenantLimits(
        requests_per_second=20,
        open_uploads=None,
        schedules=5,
        mappings=6,
        cross_tenant_submits=False,
    )
    stack = TaskStack(App(), "Limited", callback_budget=7, tenant_limits=limits, build_folder=BUILD)
    told = {
        "TASKMILL_CALLBACK_BUDGET": "7",
        "TASKMILL_TENANT_REQUESTS_PER_SECOND": "20",
        "TASKMILL_TENANT_OPEN_UPLOADS": "0",
        "TASKMILL_TENANT_SCHEDULES": "5",
        "TASKMILL_TENANT_MAPPINGS": "6",
        "TASKMILL_CROSS_TENANT_SUBMITS": "0",
    }

    functions = Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()

    assert len(functions) == 8
    for function in functions:
        assert told.items() <= function["Properties"]["Environment"]["Variables"].items()
    read = Settings.of(told)
    assert (read.callback_budget, read.tenant_open_uploads) == (7, 0)
    assert (read.tenant_schedules, read.cross_tenant_submits) == (5, False)


@pytest.mark.parametrize("name", ["requests_per_second", "open_uploads", "schedules", "mappings"])
def test_a_limit_below_one_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is 0; at least 1"):
        TenantLimits(**{name: 0})


def test_a_budget_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="callback_budget is 0; give a whole number, 1 or more"):
        TaskStack(App(), "Limited", callback_budget=0, build_folder=BUILD)
