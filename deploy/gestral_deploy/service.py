"""Web and worker on ECS Fargate."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import pulumi
import pulumi_aws as aws

from .load_balancer import LoadBalancer
from .network import WEB_PORT
from .roles import TaskRoles
from .sizes import TaskSize

STOP_TIMEOUT: Final = 120
"""Seconds between SIGTERM and SIGKILL, the most that Fargate allows: a worker finishes its step, a
web task its answers."""

HEALTH_GRACE: Final = 300
"""Seconds in which a new web task may migrate and start before its health counts."""

SCRATCH: Final = "scratch"
"""The volume for the one folder that containers may write to."""

_IS_ALIVE: Final = (
    "import urllib.request; "
    f"urllib.request.urlopen('http://127.0.0.1:{WEB_PORT}/health/live', timeout=4)"
)


class Place(msgspec.Struct, frozen=True):
    """Where tasks run."""

    region: str
    cluster_arn: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    public_addresses: bool


class Program(msgspec.Struct, frozen=True):
    """What tasks run: one image, and the settings that every container of it is given.

    `environment` holds plain values, `secret_arns` the addresses of secret ones in Secrets Manager.
    """

    image: str
    architecture: str
    environment: Mapping[str, pulumi.Input[str]]
    secret_arns: Mapping[str, pulumi.Input[str]]


class Service(pulumi.ComponentResource):
    """One kind of task, kept running in a wanted number.

    With `migration_secret_arns` each task first runs `gestral db upgrade` with these secrets added,
    and starts its own work only when that has succeeded. With `after` this service changes only
    when the other one has settled.
    """

    def __init__(
        self,
        name: str,
        *,
        command: Sequence[str],
        size: TaskSize,
        place: Place,
        program: Program,
        roles: TaskRoles,
        security_group_id: pulumi.Input[str],
        log_group_name: pulumi.Input[str],
        load_balancer: LoadBalancer | None = None,
        migration_secret_arns: Mapping[str, pulumi.Input[str]] | None = None,
        after: "Service | None" = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:Service", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        main = _container("main", command, place.region, program, log_group_name)
        containers = [main]
        if load_balancer:
            main["portMappings"] = [{"containerPort": WEB_PORT, "protocol": "tcp"}]
            main["healthCheck"] = {
                "command": ["CMD", "python", "-c", _IS_ALIVE],
                "interval": 15,
                "timeout": 5,
                "retries": 3,
                "startPeriod": 60,
            }
        if migration_secret_arns:
            migrate = _container(
                "migrate", ["gestral", "db", "upgrade"], place.region, program, log_group_name
            )
            migrate["essential"] = False
            migrate["secrets"] += _secrets(migration_secret_arns)
            # No startTimeout on purpose: Fargate's longest is shorter than a long migration.
            main["dependsOn"] = [{"containerName": "migrate", "condition": "SUCCESS"}]
            containers.append(migrate)

        definition = aws.ecs.TaskDefinition(
            name,
            family=name,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(size.cpu),
            memory=str(size.memory),
            runtime_platform={
                "operating_system_family": "LINUX",
                "cpu_architecture": program.architecture.upper(),
            },
            execution_role_arn=roles.execution_arn,
            task_role_arn=roles.task_arn,
            volumes=[{"name": SCRATCH}],
            container_definitions=pulumi.Output.json_dumps(containers),
            opts=child,
        )
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
            load_balancers=[
                {
                    "target_group_arn": load_balancer.target_group.arn,
                    "container_name": "main",
                    "container_port": WEB_PORT,
                }
            ]
            if load_balancer
            else None,
            health_check_grace_period_seconds=HEALTH_GRACE if load_balancer else None,
            enable_execute_command=False,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Without listeners ECS refuses the target group. What a component depends on does
                # not reach its children, so the other service is named here.
                depends_on=[
                    *(load_balancer.listeners if load_balancer else []),
                    *([after.service] if after else []),
                ],
            ),
        )
        self.register_outputs({"service_name": self.service.name})


def _container(
    name: str,
    command: Sequence[str],
    region: str,
    program: Program,
    log_group_name: pulumi.Input[str],
) -> dict[str, Any]:
    """A container definition, in the words of ECS's own JSON."""
    return {
        "name": name,
        "image": program.image,
        "essential": True,
        "command": list(command),
        "environment": [
            {"name": variable, "value": value}
            for variable, value in sorted(program.environment.items())
        ],
        "secrets": _secrets(program.secret_arns),
        "readonlyRootFilesystem": True,
        "mountPoints": [{"sourceVolume": SCRATCH, "containerPath": "/tmp", "readOnly": False}],  # noqa: S108 - a folder in the container
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        "stopTimeout": STOP_TIMEOUT,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group_name,
                "awslogs-region": region,
                "awslogs-stream-prefix": name,
            },
        },
    }


def _secrets(arns: Mapping[str, pulumi.Input[str]]) -> list[dict[str, pulumi.Input[str]]]:
    return [{"name": variable, "valueFrom": arn} for variable, arn in sorted(arns.items())]
