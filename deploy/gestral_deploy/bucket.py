"""The bucket for videos, pictures and everything else that is a file."""

from typing import Final

import pulumi
import pulumi_aws as aws

OBJECTS: Final = "objects"
"""Prefix under which the application keeps everything."""

TEMPORARY: Final = f"{OBJECTS}/temporary/"
"""Prefix of what a day later nobody needs: half-made uploads and scratch files."""

TEMPORARY_DAYS: Final = 2
REPLACED_DAYS: Final = 30
"""How long a replaced or deleted object can still be brought back."""


class Bucket(pulumi.ComponentResource):
    """A private, encrypted, versioned bucket that answers only over TLS."""

    def __init__(
        self,
        name: str,
        *,
        region: str,
        deletion_protection: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:Bucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name,
            force_destroy=not deletion_protection,
            opts=pulumi.ResourceOptions(parent=self, protect=deletion_protection),
        )
        self.arn: pulumi.Output[str] = bucket.arn
        self.url = pulumi.Output.format("s3://{0}/{1}?region={2}", bucket.bucket, OBJECTS, region)
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=child,
        )
        public_access = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=_tls_only(bucket.arn),
            # S3 refuses two changes of a bucket's access at the same time.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[public_access]),
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                {
                    "id": "temporary",
                    "status": "Enabled",
                    "filter": {"prefix": TEMPORARY},
                    "expiration": {"days": TEMPORARY_DAYS},
                },
                {
                    "id": "unfinished-and-replaced",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": TEMPORARY_DAYS},
                    "noncurrent_version_expiration": {"noncurrent_days": REPLACED_DAYS},
                },
            ],
            # Its rules on old versions mean nothing until there are versions.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        self.register_outputs({"arn": self.arn})


def _tls_only(bucket_arn: pulumi.Output[str]) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "OnlyOverTls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket_arn, pulumi.Output.format("{0}/*", bucket_arn)],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    )
