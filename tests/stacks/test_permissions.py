"""Each function may do just what it needs: any grant too many or too few fails here."""

from collections.abc import Callable

import pytest
from aws_cdk.assertions import Template

Allowed = Callable[[Template, str], dict[str, set[str]]]

SEND = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
CONSUME = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
}
EXECUTIONS = (
    "arn:AWS::Partition:states:AWS::Region:AWS::AccountId:execution:SubtaskWorkflowStateMachine:*"
)
SCHEDULES = "arn:AWS::Partition:scheduler:AWS::Region:AWS::AccountId:schedule/SchedulesGroup/*"


def rows(*actions: str) -> set[str]:
    return {f"dynamodb:{action}" for action in actions}


# What running tasks takes, wherever they run.
WORK = {
    "TasksTable": rows(
        "GetItem",
        "UpdateItem",  # claims and outcomes
        "PutItem",  # the task of a schedule that is due
        "PartiQLInsert",  # children
        "PartiQLUpdate",  # children that are awaited, taken over or cancelled
        "BatchGetItem",  # how children ended
        "DeleteItem",  # keys of schedules that nobody holds any more
        "Query",  # the results of a map
    ),
    "TasksTable/index/children": rows("Query"),  # what an earlier attempt has started
    "TasksTable/index/attention": rows("Query"),  # what a bulk operation retries
    "PayloadsBucket/inputs/*": {"s3:GetObject", "s3:PutObject"},  # and those of children
    "PayloadsBucket/planned/*": {"s3:GetObject", "s3:PutObject"},
    "PayloadsBucket/results/*": {"s3:GetObject", "s3:PutObject"},
}
EXPECTED = {
    "ApiHandler": {
        "TasksTable": rows(
            "GetItem",
            "PutItem",  # a task; with an idempotency key, and the key's row
            "PartiQLInsert",  # up to 100 tasks of a request
            "BatchGetItem",  # those of them that were submitted before
            "UpdateItem",  # cancel, retry and reports; the counter of integer ids
            "DeleteItem",  # callback mappings
            "Query",  # lists
        ),
        "TasksTable/index/children": rows("Query"),
        "TasksTable/index/attention": rows("Query"),  # what failed
        **{  # their health
            queue: {"sqs:GetQueueAttributes"}
            for queue in (
                "WorkQueueDeadLetters",
                "WorkQueueUnreadable",
                "SubtaskWorkflowDeadLetters",
            )
        },
        "DispatcherFailureQueue": SEND,  # a redrive's destination
        "DispatcherDeadLetters": {
            "sqs:GetQueueAttributes",
            "sqs:StartMessageMoveTask",
            "sqs:ListMessageMoveTasks",
            "sqs:CancelMessageMoveTask",
            "sqs:ReceiveMessage",  # by SQS, in the function's name
            "sqs:DeleteMessage",
        },
        "PayloadsBucket/inputs/*": {"s3:GetObject", "s3:PutObject"},
        # To look whether an input has expired, too.
        "PayloadsBucket/planned/*": {"s3:GetObject", "s3:PutObject"},
        "PayloadsBucket/results/*": {"s3:GetObject"},
        "PayloadsBucket/inputs/*/_uploads/*": {
            "s3:PutObjectTagging",  # an upload expires in a day …
            "s3:DeleteObjectTagging",  # … unless it is submitted
        },
        "WorkQueue": SEND,  # tasks that start at once
        "WorkQueuePriorityQueue": SEND,
    },
    "Dispatch": {
        "TasksTable.StreamArn": rows(
            "ListStreams", "DescribeStream", "GetRecords", "GetShardIterator"
        ),
        "TasksTable": rows(
            "GetItem",  # a parent to settle, a schedule as it stands
            "BatchGetItem",  # children to count or to cancel
            "UpdateItem",  # the tally of a parent, in a transaction with its children
            "PartiQLUpdate",  # marks of what was emitted; children that are cancelled
            "PartiQLInsert",  # callbacks
            "PutItem",  # their inputs
            "DeleteItem",  # keys of tasks that have ended
            "Query",  # callback mappings of a type
        ),
        "TasksTable/index/children": rows("Query"),  # of a parent that was cancelled
        "PayloadsBucket/inputs/*": {"s3:PutObject"},  # of callbacks
        "WorkQueue": SEND,
        "WorkQueuePriorityQueue": SEND,
        "DispatcherFailureQueue": SEND | CONSUME,
        "SubtaskWorkflowStateMachine": {"states:StartExecution"},
        EXECUTIONS: {"states:StopExecution"},
        "NotificationsStatusTopic": {"sns:Publish"},
        "NotificationsAlarmTopic": {"sns:Publish"},
        SCHEDULES: {
            "scheduler:CreateSchedule",
            "scheduler:UpdateSchedule",
            "scheduler:DeleteSchedule",
        },
        "SchedulesRole": {"iam:PassRole"},
    },
    "Worker": {
        **WORK,
        "WorkQueue": CONSUME | SEND,  # children; tasks of schedules
        "WorkQueuePriorityQueue": CONSUME | SEND,
        "WorkQueueUnreadable": SEND,  # malformed messages
    },
    "Split": {
        "TasksTable": rows("GetItem", "UpdateItem", "BatchGetItem", "PartiQLUpdate"),
        "PayloadsBucket/inputs/*": {"s3:GetObject"},
    },
    "Batch": {
        "TasksTable": rows("GetItem", "UpdateItem", "Query", "PartiQLInsert", "PartiQLUpdate"),
        "PayloadsBucket/inputs/*": {"s3:GetObject"},
        "PayloadsBucket/results/*": {"s3:PutObject"},
    },
    "Finish": {
        "TasksTable": rows(
            *("GetItem", "BatchGetItem", "Query", "UpdateItem", "PutItem"),
            *("PartiQLInsert", "PartiQLUpdate"),
        ),
        "SubtaskWorkflowDeadLetters": SEND,  # Lambda, with what it invoked in vain
    },
    "Count": {
        "TasksTable": rows("UpdateItem", "PutItem"),  # counters; samples of errors
        "TasksTable.StreamArn": rows(
            "ListStreams", "DescribeStream", "GetRecords", "GetShardIterator"
        ),
        "DispatcherDeadLetters": SEND,  # Lambda, with what it delivered in vain
    },
    "DeadLettersHandler": {
        "TasksTable": rows("GetItem", "UpdateItem", "PutItem"),
        "WorkQueueDeadLetters": CONSUME,
        "WorkQueue": SEND,  # tasks that can still run
        "WorkQueuePriorityQueue": SEND,
        "WorkQueueUnreadable": SEND,
    },
}


@pytest.mark.parametrize("function", EXPECTED)
def test_a_function_may_do_just_what_it_needs(
    template: Template, allowed: Allowed, function: str
) -> None:
    ages = {"cloudwatch:GetMetricStatistics"} if function == "ApiHandler" else set()
    of_every_function = {
        f"{function}Logs": {"logs:CreateLogStream", "logs:PutLogEvents"},
        "*": {"xray:PutTraceSegments", "xray:PutTelemetryRecords", *ages},  # ages of messages
    }

    assert allowed(template, f"{function}Role") == EXPECTED[function] | of_every_function


def test_a_schedule_may_send_to_the_work_queues_and_their_dead_letters_only(
    template: Template, allowed: Allowed
) -> None:
    assert allowed(template, "SchedulesRole") == {
        "WorkQueue": SEND,
        "WorkQueuePriorityQueue": SEND,
        "WorkQueueDeadLetters": SEND,  # what it could not send
    }


def test_the_role_of_schedules_is_passed_to_scheduler_only(template: Template) -> None:
    passing = [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "iam:PassRole" in statement["Action"]
    ]

    assert [each["Condition"] for each in passing] == [
        {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    ]


def test_every_function_is_covered_here(template: Template) -> None:
    functions = template.find_resources("AWS::Lambda::Function")

    assert len(functions) == len(EXPECTED)


def test_no_role_has_a_managed_policy(template: Template) -> None:
    roles = template.find_resources("AWS::IAM::Role").values()

    assert not [role for role in roles if "ManagedPolicyArns" in role["Properties"]]


def test_only_this_account_s_schedules_take_the_role(template: Template) -> None:
    template.has_resource_properties(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {
                        "Action": "sts:AssumeRole",
                        "Effect": "Allow",
                        "Principal": {"Service": "scheduler.amazonaws.com"},
                        "Condition": {
                            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
                        },
                    }
                ]
            }
        },
    )
