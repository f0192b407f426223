"""The log groups of a stack's functions."""

from __future__ import annotations

from collections.abc import Iterator

from taskmill.cli.aws_account import Account, NoAccount

# Logical ids begin so: functions that run no code of tasks, and logs that are none of functions.
NO_TASK_CODE = ("ApiHandler", "DeadLettersHandler", "Dispatch", "Finish", "Split", "Sweep", "Count")
VENDED = "/aws/vendedlogs/"


def log_groups(account: Account, stack: str, *, only_task_code: bool) -> list[str]:
    """The names of the log groups of a stack's functions and containers.

    Args:
        only_task_code: Without those of functions that never run a task.

    Raises:
        NoAccount: There is no such stack, or none of its log groups is known.
    """
    found = [
        name
        for logical_id, name in _all(account, stack)
        if not name.startswith(VENDED)
        and not (only_task_code and logical_id.startswith(NO_TASK_CODE))
    ]
    if not found:
        raise NoAccount(f"the stack {stack} has no log groups")
    return found


def _all(account: Account, stack: str) -> Iterator[tuple[str, str]]:
    from botocore.exceptions import ClientError

    cloudformation = account.client("cloudformation")
    try:
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
            for each in page["StackResourceSummaries"]:
                if each["ResourceType"] == "AWS::Logs::LogGroup":
                    yield each["LogicalResourceId"], each["PhysicalResourceId"]
    except ClientError as error:
        raise NoAccount(f"stack {stack}: {error.response['Error']['Message']}") from None
