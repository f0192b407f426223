"""The S3 bucket for payloads that are too large for a DynamoDB row."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge, acknowledge_wildcards, logical_id
from taskmill_cdk.props import checked_props, whole

INPUTS = "inputs/*"
RESULTS = "results/*"
PLANNED = "planned/*"  # inputs of tasks planned so far ahead that others would have expired

# A row expires some days after its task *ended*, an object some days after it was *stored*. In
# between a task may wait and run for days, and its payloads must outlive its row.
LONGEST_LIFE_OF_A_TASK_DAYS = 30
FARTHEST_PLAN_DAYS = 365


class PayloadBucket(Construct):
    """The bucket of inputs and results: private, encrypted, TLS only; objects outlive their rows.

    Args:
        retention_days: Days that a row is kept after its task ended; 0 keeps objects for ever.
    """

    @checked_props(retention_days=whole(0, 36_500))
    def __init__(self, scope: Construct, construct_id: str, *, retention_days: int = 90) -> None:
        super().__init__(scope, construct_id)
        self.bucket = self._build_bucket(lifecycle_rules=_lifecycle(retention_days))
        acknowledge(
            self.bucket,
            rules=["AwsSolutions-S1"],
            reason="Only the functions have access; logs of it would cost as much as the payloads.",
        )

    def grant_read(self, grantee: iam.IGrantable, *patterns: str) -> iam.Grant:
        """Allow to get objects whose keys match patterns such as ``inputs/*``."""
        if key := self.bucket.encryption_key:
            key.grant_decrypt(grantee)
        return self._grant(grantee, "s3:GetObject", patterns)

    def grant_write(self, grantee: iam.IGrantable, *patterns: str) -> iam.Grant:
        """Allow to put objects whose keys match patterns such as ``inputs/*``."""
        if key := self.bucket.encryption_key:
            key.grant_encrypt(grantee)
        return self._grant(grantee, "s3:PutObject", patterns)

    def _grant(self, grantee: iam.IGrantable, action: str, patterns: tuple[str, ...]) -> iam.Grant:
        acknowledge_wildcards(
            self,
            resources=[f"<{logical_id(self.bucket)}.Arn>/{pattern}" for pattern in patterns],
            reason="Objects are named at run time, by tenant and task.",
        )
        # The bucket's own grants also allow listing, tagging and legal holds.
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[action],
            resource_arns=[self.bucket.arn_for_objects(pattern) for pattern in patterns],
        )

    def _build_bucket(self, **props: Any) -> s3.Bucket:
        defaults: dict[str, Any] = {
            "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
            "encryption": s3.BucketEncryption.S3_MANAGED,
            "enforce_ssl": True,
        }
        return s3.Bucket(self, "Bucket", **{**defaults, **props})


def _lifecycle(retention_days: int) -> list[s3.LifecycleRule]:
    unfinished = s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1))
    if retention_days == 0:
        return [unfinished]
    days = retention_days + LONGEST_LIFE_OF_A_TASK_DAYS
    kept = {INPUTS: days, RESULTS: days, PLANNED: days + FARTHEST_PLAN_DAYS}
    return [unfinished, *(_expiring(pattern, after) for pattern, after in kept.items())]


def _expiring(pattern: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(prefix=pattern.removesuffix("*"), expiration=Duration.days(days))
