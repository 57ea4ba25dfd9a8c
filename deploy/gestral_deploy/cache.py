"""Valkey on ElastiCache: the job queue and live progress."""

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

from .network import CACHE_PORT
from .secret import random_token
from .sizes import CacheSize

VALKEY: Final = "8.0"


class Cache(pulumi.ComponentResource):
    """A primary (and replicas in other zones) with TLS, a password and no eviction.

    ElastiCache's default throws keys away when memory is full, and a key may be a waiting job;
    `noeviction` answers such a write with an error instead, and the job stays in the outbox.
    """

    def __init__(
        self,
        name: str,
        *,
        size: CacheSize,
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:Cache", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        password = random_token(f"{name}-cache", 64, child)
        subnets = aws.elasticache.SubnetGroup(name, subnet_ids=subnet_ids, opts=child)
        parameters = aws.elasticache.ParameterGroup(
            name,
            family=f"valkey{VALKEY.split('.', maxsplit=1)[0]}",
            parameters=[{"name": "maxmemory-policy", "value": "noeviction"}],
            opts=child,
        )
        replicated = size.nodes > 1
        group = aws.elasticache.ReplicationGroup(
            name,
            description="Job queue and live progress of Gestral",
            engine="valkey",
            engine_version=VALKEY,
            auto_minor_version_upgrade=True,
            node_type=size.node_type,
            num_cache_clusters=size.nodes,
            automatic_failover_enabled=replicated,
            multi_az_enabled=replicated,
            port=CACHE_PORT,
            subnet_group_name=subnets.name,
            security_group_ids=[security_group_id],
            parameter_group_name=parameters.name,
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=password,
            snapshot_retention_limit=1,
            opts=child,
        )
        self.url = pulumi.Output.format(
            "rediss://:{0}@{1}:{2}/0", password, group.primary_endpoint_address, CACHE_PORT
        )
        self.register_outputs({"address": group.primary_endpoint_address})
