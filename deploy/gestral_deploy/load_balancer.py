"""The one door from the internet."""

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

TLS_POLICY: Final = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.2 and 1.3 with forward secrecy."""

IDLE_TIMEOUT: Final = 300
"""Seconds without a byte after which a connection is cut: longer than the pause between two
events of a progress stream."""

DRAIN: Final = 60
"""Seconds that a leaving task keeps its open connections."""


class LoadBalancer(pulumi.ComponentResource):
    """An application load balancer in the public subnets, before what listens on `port`.

    With a certificate it serves HTTPS and sends HTTP there; without one it serves plain HTTP,
    which the configuration must have asked for.
    """

    def __init__(
        self,
        name: str,
        *,
        vpc_id: pulumi.Input[str],
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_id: pulumi.Input[str],
        port: int,
        domain: str | None,
        certificate_arn: str | None,
        deletion_protection: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:LoadBalancer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        load_balancer = aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            internal=False,
            subnets=subnet_ids,
            security_groups=[security_group_id],
            idle_timeout=IDLE_TIMEOUT,
            drop_invalid_header_fields=True,
            enable_deletion_protection=deletion_protection,
            opts=child,
        )
        self.port = port
        self.dns_name: pulumi.Output[str] = load_balancer.dns_name
        self.target_group = aws.lb.TargetGroup(
            name,
            vpc_id=vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=port,
            deregistration_delay=DRAIN,
            health_check={
                "path": "/health/ready",
                "protocol": "HTTP",
                "matcher": "200",
                "interval": 15,
                "timeout": 5,
                "healthy_threshold": 2,
                "unhealthy_threshold": 4,
            },
            opts=child,
        )
        forward: aws.lb.ListenerDefaultActionArgsDict = {
            "type": "forward",
            "target_group_arn": self.target_group.arn,
        }
        redirect: aws.lb.ListenerDefaultActionArgsDict = {
            "type": "redirect",
            "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"},
        }
        self.listeners = [
            aws.lb.Listener(
                f"{name}-http",
                load_balancer_arn=load_balancer.arn,
                protocol="HTTP",
                port=80,
                default_actions=[redirect if certificate_arn else forward],
                opts=child,
            )
        ]
        if certificate_arn:
            self.listeners.append(
                aws.lb.Listener(
                    f"{name}-https",
                    load_balancer_arn=load_balancer.arn,
                    protocol="HTTPS",
                    port=443,
                    certificate_arn=certificate_arn,
                    ssl_policy=TLS_POLICY,
                    default_actions=[forward],
                    opts=child,
                )
            )
        self.public_url = (
            pulumi.Output.from_input(f"https://{domain}")
            if domain
            else pulumi.Output.format("http://{0}", load_balancer.dns_name)
        )
        self.register_outputs({"dns_name": self.dns_name})
