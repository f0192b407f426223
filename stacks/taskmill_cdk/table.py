"""The tasks table in DynamoDB: all state of the system, with its stream as the outbox."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from taskmill_cdk.props import checked_props, flag, instance

CHILDREN_INDEX = "children"
ATTENTION_INDEX = "attention"
SHOWN_OF_FAILURES = ("name", "fingerprint", "errorText")  # what a page of failures shows


class TaskTable(Construct):
    """The one table for all rows of all tenants: two sparse indexes, a stream, a time to live.

    Args:
        recoverable: Whether to enable point-in-time recovery and deletion protection.
        warm_throughput: Requests a second that the table and its indexes take at once; None: what a
            new table takes, 4,000 writes a second, until it has grown with its load.
    """

    @checked_props(
        recoverable=flag,
        warm_throughput=instance(dynamodb.WarmThroughput, "a dynamodb.WarmThroughput"),
    )
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        recoverable: bool = True,
        warm_throughput: dynamodb.WarmThroughput | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        warm = {} if warm_throughput is None else {"warm_throughput": warm_throughput}
        self.table = self._build_table(
            **warm,
            deletion_protection=recoverable,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=recoverable
            ),
        )

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow DynamoDB actions on rows, named without their prefix: ``"GetItem"``."""
        return self._grant(grantee, [self.table.table_arn], *actions)

    def grant_query(self, grantee: iam.IGrantable, *indexes: str) -> iam.Grant:
        """Allow queries of the table and of these of its indexes."""
        arn = self.table.table_arn
        return self._grant(grantee, [arn, *(f"{arn}/index/{each}" for each in indexes)], "Query")

    def _grant(self, grantee: iam.IGrantable, arns: list[str], *actions: str) -> iam.Grant:
        # TableV2's own grants cover whole groups of actions, and every index by a wildcard.
        grant = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[f"dynamodb:{action}" for action in actions],
            resource_arns=arns,
        )
        if key := self.table.encryption_key:
            key.grant_encrypt_decrypt(grantee)
        return grant

    def metric_throttles(self, kind: str, **props: Any) -> cloudwatch.Metric:
        """How many requests the table has throttled.

        Args:
            kind: "Read" or "Write".
            **props: Any of ``cloudwatch.Metric``.
        """
        defaults = {"period": Duration.minutes(1), "statistic": cloudwatch.Stats.SUM}
        return self.table.metric(f"{kind}ThrottleEvents", **{**defaults, **props})

    def _build_table(self, **props: Any) -> dynamodb.TableV2:
        defaults: dict[str, Any] = {
            "partition_key": _string("pk"),
            "sort_key": _string("sk"),
            "global_secondary_indexes": [
                _index(CHILDREN_INDEX, _string("parent"), _string("code")),
                _index(
                    ATTENTION_INDEX,
                    _string("attention"),
                    _number("updatedAt"),
                    *SHOWN_OF_FAILURES,
                ),
            ],
            "dynamo_stream": dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            "time_to_live_attribute": "ttl",
            "billing": dynamodb.Billing.on_demand(),
        }
        return dynamodb.TableV2(self, "Table", **{**defaults, **props})


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _number(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.NUMBER)


def _index(
    name: str, partition_key: dynamodb.Attribute, sort_key: dynamodb.Attribute, *included: str
) -> dynamodb.GlobalSecondaryIndexPropsV2:
    """An index that holds keys and these attributes, and so has none of the large ones."""
    projection = dynamodb.ProjectionType.INCLUDE if included else dynamodb.ProjectionType.KEYS_ONLY
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name=name,
        partition_key=partition_key,
        sort_key=sort_key,
        projection_type=projection,
        non_key_attributes=list(included) or None,
    )
