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
ADMINISTRATOR: Final = "gestral_admin"
OWNER: Final = "gestral_owner"
APPLICATION: Final = "gestral_app"

TLS_MODE: Final = "require"
"""Encrypts without checking the certificate: RDS signs with an authority of its own, which is not
among those that the image trusts."""


class Database(pulumi.ComponentResource):
    """One encrypted instance in the private subnets, with TLS forced on every connection.

    RDS makes the administrator alone. He makes, with `bootstrap.sql` in the image, the database and
    two more roles: the owner, who migrates, and the application's, which owns nothing. All
    passwords are our own and stay as they are: one managed by RDS changes every 7 days under the
    feet of running tasks.
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
        self.administrator_password = random_token(f"{name}-database-admin", 40, child)
        self.owner_password = random_token(f"{name}-database-owner", 40, child)
        self.application_password = random_token(f"{name}-database-app", 40, child)
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
            username=ADMINISTRATOR,
            password=self.administrator_password,
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
        self.address: pulumi.Output[str] = instance.address
        self.owner_url = self._url(OWNER, self.owner_password)
        self.application_url = self._url(APPLICATION, self.application_password)
        self.register_outputs({"address": self.address})

    def _url(self, role: str, password: pulumi.Output[str]) -> pulumi.Output[str]:
        return pulumi.Output.format(
            "postgresql://{0}:{1}@{2}:{3}/{4}?sslmode={5}",
            role,
            password,
            self.address,
            DATABASE_PORT,
            DATABASE,
            TLS_MODE,
        )
