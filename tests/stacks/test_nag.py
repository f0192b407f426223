"""cdk-nag: AwsSolutions, Serverless and NIST 800-53 R5, in a stack for any account and in one for
a certain account; what is meant is acknowledged beside the resource, with a reason.
"""

import json
from typing import Any


def test_nothing_is_left_to_acknowledge(findings: list[str]) -> None:
    assert findings == []


def test_nothing_is_left_where_account_and_region_are_known_and_containers_run(
    settled: Any,
) -> None:
    found = [json.loads(each) for each in settled.findings]
    by_stack: dict[str, set[str]] = {}
    for each in found:
        for construct in each["violatingConstructs"]:
            stack = construct["constructPath"].partition("/")[0]
            by_stack.setdefault(stack, set()).add(each["ruleName"])

    packs = {rule.partition("-")[0] for rule in by_stack.pop("Beside")}
    assert packs == {"AwsSolutions", "Serverless", "NIST.800.53.R5"}
    assert by_stack == {}
