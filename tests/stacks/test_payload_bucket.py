from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Match, Template

from taskmill_cdk import PayloadBucket, payload_bucket

ABANDONED = {
    "ExpirationInDays": 1,
    "Prefix": "inputs/",
    "Status": "Enabled",
    "TagFilters": [{"Key": "taskmill-upload", "Value": "open"}],
}


def any_template(**props: Any) -> Template:
    stack = Stack(App(), "Any")
    PayloadBucket(stack, "Payloads", **props)
    return Template.from_stack(stack)


def test_nobody_outside_sees_a_payload(template: Template) -> None:
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "BucketEncryption": Match.any_value(),
        },
    )


def test_payloads_travel_over_tls_only(template: Template) -> None:
    refused = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}

    template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {"PolicyDocument": {"Statement": Match.array_with([Match.object_like(refused)])}},
    )


def test_payloads_in_rows_live_as_long_as_those_in_the_bucket() -> None:
    from taskmill.aws.dynamodb.payload_rows import LONGEST_LIFE_OF_A_TASK_DAYS as OF_ROWS

    assert payload_bucket.LONGEST_LIFE_OF_A_TASK_DAYS == OF_ROWS


@pytest.mark.parametrize("prefix", ["inputs/", "results/"])
def test_payloads_outlive_the_row_that_names_them(template: Template, prefix: str) -> None:
    # An object ages from the day it is stored; a row from the day its task ended.
    template.has_resource_properties(
        "AWS::S3::Bucket", _rules([{"Prefix": prefix, "ExpirationInDays": 90 + 30}])
    )


def test_inputs_of_tasks_planned_ahead_wait_for_them(template: Template) -> None:
    from taskmill.models import MAX_DELAY_SECONDS

    farthest = MAX_DELAY_SECONDS // 86_400
    template.has_resource_properties(
        "AWS::S3::Bucket",
        _rules([{"Prefix": "planned/", "ExpirationInDays": farthest + 90 + 30}]),
    )


def test_uploads_that_nobody_submits_expire_in_a_day(template: Template) -> None:
    template.has_resource_properties("AWS::S3::Bucket", _rules([ABANDONED]))


def test_the_tag_of_the_rule_is_the_one_that_uploads_are_given() -> None:
    from taskmill.aws.s3.payloads import OPEN_UPLOAD

    assert "=".join(payload_bucket.OPEN_UPLOAD) == OPEN_UPLOAD


def test_payloads_stay_for_ever_when_rows_do() -> None:
    [bucket] = any_template(retention_days=0).find_resources("AWS::S3::Bucket").values()
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]

    assert [rule for rule in rules if "ExpirationInDays" in rule] == [ABANDONED]


def test_nothing_else_in_the_bucket_expires(template: Template) -> None:
    [bucket] = template.find_resources("AWS::S3::Bucket").values()
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]

    assert {rule.get("Prefix") for rule in rules if "ExpirationInDays" in rule} == {
        "inputs/",
        "results/",
        "planned/",
    }


def _rules(rules: list[dict[str, object]]) -> dict[str, object]:
    matching = Match.array_with([Match.object_like(rule) for rule in rules])
    return {"LifecycleConfiguration": {"Rules": matching}}


def test_web_pages_of_an_origin_may_use_presigned_addresses() -> None:
    template = any_template(cors_origins=["https://app.example"])
    [bucket] = template.find_resources("AWS::S3::Bucket").values()

    [rule] = bucket["Properties"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["https://app.example"]
    assert rule["AllowedMethods"] == ["GET", "PUT"]
    assert "if-none-match" in rule["AllowedHeaders"]  # it is signed, and so has to be sent


def test_web_pages_may_use_nothing_unless_asked(template: Template) -> None:
    [bucket] = template.find_resources("AWS::S3::Bucket").values()

    assert "CorsConfiguration" not in bucket["Properties"]
