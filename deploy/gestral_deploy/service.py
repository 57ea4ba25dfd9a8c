"""A kind of task, kept running on ECS Fargate."""

from collections.abc import Sequence
from typing import Final

import msgspec
import pulumi
import pulumi_aws as aws

from .container import SCRATCH, Container, Logs, definitions
from .load_balancer import LoadBalancer
from .roles import TaskRoles
from .sizes import TaskSize

HEALTH_GRACE: Final = 300
"""Seconds in which a new web task may migrate and start before its health counts."""


class Place(msgspec.Struct, frozen=True):
    """Where tasks run, and of which image."""

    cluster_arn: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    public_addresses: bool
    image: str
    architecture: str


class Service(pulumi.ComponentResource):
    """Tasks of one kind in a wanted number, behind a load balancer if one is given.

    The containers of a task run one after another, the last one for good. With `after` this
    service changes only when the other one has settled.
    """

    def __init__(
        self,
        name: str,
        *,
        containers: Sequence[Container],
        size: TaskSize,
        place: Place,
        roles: TaskRoles,
        security_group_id: pulumi.Input[str],
        logs: Logs,
        load_balancer: LoadBalancer | None = None,
        after: "Service | None" = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:Service", name, None, opts)
        definition = aws.ecs.TaskDefinition(
            name,
            family=name,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(size.cpu),
            memory=str(size.memory),
            runtime_platform={
                "operating_system_family": "LINUX",
                "cpu_architecture": place.architecture.upper(),
            },
            execution_role_arn=roles.execution_arn,
            task_role_arn=roles.task_arn,
            volumes=[{"name": SCRATCH}],
            container_definitions=definitions(containers, image=place.image, logs=logs),
            opts=pulumi.ResourceOptions(parent=self),
        )
        targets: list[aws.ecs.ServiceLoadBalancerArgsDict] = []
        # What a component depends on does not reach its children, so all is named here.
        before: list[pulumi.Resource] = [after.service] if after else []
        if load_balancer:
            targets.append(
                {
                    "target_group_arn": load_balancer.target_group.arn,
                    "container_name": containers[-1].name,
                    "container_port": load_balancer.port,
                }
            )
            # ECS refuses a target group that no listener uses.
            before += load_balancer.listeners
        self.service: aws.ecs.Service = aws.ecs.Service(
            name,
            cluster=place.cluster_arn,
            task_definition=definition.arn,
            launch_type="FARGATE",
            desired_count=size.count,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            network_configuration={
                "subnets": place.subnet_ids,
                "security_groups": [security_group_id],
                "assign_public_ip": place.public_addresses,
            },
            load_balancers=targets,
            health_check_grace_period_seconds=HEALTH_GRACE if load_balancer else None,
            enable_execute_command=False,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=before),
        )
        self.register_outputs({"service_name": self.service.name})
