"""PostgreSQL on RDS."""

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

from .network import DATABASE_PORT
from .secret import random_token
from .sizes import DatabaseSize

POSTGRESQL: Final = "18"
"""The major version; RDS takes its own newest minor version and follows it in the maintenance
window."""

DATABASE: Final = "gestral"
OWNER: Final = "gestral_owner"
APPLICATION: Final = "gestral_app"


class Database(pulumi.ComponentResource):
    """One encrypted instance in the private subnets, with TLS forced on every connection.

    It has two roles. `owner_url` is for migrations: the owner makes the tables, and the role of
    `application_url`, which owns nothing. Their passwords are our own and stay as they are: a
    password managed by RDS changes every 7 days under the feet of running tasks.
    """

    def __init__(
        self,
        name: str,
        *,
        size: DatabaseSize,
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_id: pulumi.Input[str],
        backup_days: int,
        deletion_protection: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:Database", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        owner_password = random_token(f"{name}-database-owner", 40, child)
        application_password = random_token(f"{name}-database-application", 40, child)
        subnets = aws.rds.SubnetGroup(name, subnet_ids=subnet_ids, opts=child)
        parameters = aws.rds.ParameterGroup(
            name,
            family=f"postgres{POSTGRESQL}",
            parameters=[{"name": "rds.force_ssl", "value": "1"}],
            opts=child,
        )
        instance = aws.rds.Instance(
            name,
            engine="postgres",
            engine_version=POSTGRESQL,
            auto_minor_version_upgrade=True,
            instance_class=size.instance_class,
            allocated_storage=size.storage,
            max_allocated_storage=size.storage_limit,
            storage_type="gp3",
            storage_encrypted=True,
            multi_az=size.standby,
            db_name=DATABASE,
            username=OWNER,
            password=owner_password,
            port=DATABASE_PORT,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[security_group_id],
            publicly_accessible=False,
            parameter_group_name=parameters.name,
            backup_retention_period=backup_days,
            copy_tags_to_snapshot=True,
            delete_automated_backups=not deletion_protection,
            deletion_protection=deletion_protection,
            skip_final_snapshot=not deletion_protection,
            final_snapshot_identifier=f"{name}-final" if deletion_protection else None,
            enabled_cloudwatch_logs_exports=["postgresql", "upgrade"],
            opts=pulumi.ResourceOptions(parent=self, protect=deletion_protection),
        )
        self.owner_url = _url(OWNER, owner_password, instance.address)
        self.application_url = _url(APPLICATION, application_password, instance.address)
        self.register_outputs({"address": instance.address})


def _url(
    role: str, password: pulumi.Output[str], address: pulumi.Output[str]
) -> pulumi.Output[str]:
    # `require` encrypts without checking the certificate: RDS signs with an authority of its own,
    # which is not among those that the image trusts.
    return pulumi.Output.format(
        "postgresql://{0}:{1}@{2}:{3}/{4}?sslmode=require",
        role,
        password,
        address,
        DATABASE_PORT,
        DATABASE,
    )
