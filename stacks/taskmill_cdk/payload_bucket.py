"""The S3 bucket for payloads that are too large for a DynamoDB row."""

from collections.abc import Sequence
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

UPLOADS = "inputs/*/_uploads/*"  # a tenant's; no task type begins with an underscore
# Uploads bear this tag until somebody submits them.
OPEN_UPLOAD = ("taskmill-upload", "open")

# A row expires some days after its task *ended*, an object some days after it was *stored*. In
# between a task may wait and run for days, and its payloads must outlive its row.
LONGEST_LIFE_OF_A_TASK_DAYS = 30
FARTHEST_PLAN_DAYS = 365


class PayloadBucket(Construct):
    """The bucket of inputs and results: private, encrypted, TLS only; objects outlive their rows.

    Uploads that nobody submits are deleted a day later.

    Args:
        retention_days: Days that a row is kept after its task ended; 0 keeps objects for ever.
        cors_origins: Origins of web pages that may use presigned URLs.
    """

    @checked_props(retention_days=whole(0, 36_500))
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        retention_days: int = 90,
        cors_origins: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = self._build_bucket(
            lifecycle_rules=_lifecycle(retention_days), cors=_cors(cors_origins)
        )
        acknowledge(
            self.bucket,
            rules=["AwsSolutions-S1", "NIST.800.53.R5-S3BucketLoggingEnabled"],
            reason="Only the functions have access; logs of it would cost as much as the payloads.",
        )
        acknowledge(
            self.bucket,
            rules=[
                "NIST.800.53.R5-S3BucketReplicationEnabled",
                "NIST.800.53.R5-S3BucketVersioningEnabled",
            ],
            reason="Objects are written once and expire with their tasks, whose rows have no copy.",
        )
        acknowledge(
            self.bucket,
            rules=["NIST.800.53.R5-S3DefaultEncryptionKMS"],
            reason="S3 encrypts with its own keys; a hook puts in one of yours.",
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

    def grant_tag_uploads(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to sign uploads that expire within a day, and to keep those that are submitted."""
        self._grant(grantee, "s3:DeleteObjectTagging", (UPLOADS,))
        return self._grant(grantee, "s3:PutObjectTagging", (UPLOADS,))

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


def _cors(origins: Sequence[str]) -> list[s3.CorsRule] | None:
    """Presigned uploads and downloads; a page without the URL gets nothing."""
    if not origins:
        return None
    return [
        s3.CorsRule(
            allowed_origins=list(origins),
            allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.PUT],
            allowed_headers=["content-type", "if-none-match"],
            max_age=3_600,
        )
    ]


def _lifecycle(retention_days: int) -> list[s3.LifecycleRule]:
    unfinished = s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1))
    name, value = OPEN_UPLOAD
    abandoned = s3.LifecycleRule(
        prefix=INPUTS.removesuffix("*"), tag_filters={name: value}, expiration=Duration.days(1)
    )
    if retention_days == 0:
        return [unfinished, abandoned]
    days = retention_days + LONGEST_LIFE_OF_A_TASK_DAYS
    kept = {INPUTS: days, RESULTS: days, PLANNED: days + FARTHEST_PLAN_DAYS}
    return [unfinished, abandoned, *(_expiring(pattern, after) for pattern, after in kept.items())]


def _expiring(pattern: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(prefix=pattern.removesuffix("*"), expiration=Duration.days(days))
