"""Containers, in the words of ECS's own JSON."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec
import pulumi

STOP_TIMEOUT: Final = 120
"""Seconds between SIGTERM and SIGKILL, the most that Fargate allows: a worker finishes its step, a
web task its answers."""

SCRATCH: Final = "scratch"
"""The volume for the one folder that containers may write to."""

SCRATCH_FOLDER: Final = "/tmp"  # noqa: S108 - a folder in the container


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """One process of a task.

    `environment` holds plain values, `secret_arns` the addresses of secret ones in Secrets Manager
    (see `Secret.fields`). `port` is where it listens, `health_command` exits with 0 as long
    as it is well.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, pulumi.Input[str]]
    secret_arns: Mapping[str, pulumi.Input[str]]
    port: int | None = None
    health_command: Sequence[str] | None = None


class Logs(msgspec.Struct, frozen=True):
    """Where containers write what they print."""

    region: str
    group_name: pulumi.Input[str]


def definitions(containers: Sequence[Container], *, image: str, logs: Logs) -> pulumi.Output[str]:
    """The JSON of a task whose containers run one after another, the last one for good.

    Each of them starts when the one before it has succeeded; when the last one ends, so does the
    task.
    """
    written = [_definition(container, image, logs) for container in containers]
    for before, after in pairwise(written):
        before["essential"] = False
        # No startTimeout on purpose: Fargate's longest is shorter than a long migration.
        after["dependsOn"] = [{"containerName": before["name"], "condition": "SUCCESS"}]
    return pulumi.Output.json_dumps(written)


def _definition(container: Container, image: str, logs: Logs) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "name": container.name,
        "image": image,
        "essential": True,
        "command": list(container.command),
        "environment": [
            {"name": variable, "value": value}
            for variable, value in sorted(container.environment.items())
        ],
        "secrets": [
            {"name": variable, "valueFrom": arn}
            for variable, arn in sorted(container.secret_arns.items())
        ],
        "readonlyRootFilesystem": True,
        "mountPoints": [
            {"sourceVolume": SCRATCH, "containerPath": SCRATCH_FOLDER, "readOnly": False}
        ],
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        "stopTimeout": STOP_TIMEOUT,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": logs.group_name,
                "awslogs-region": logs.region,
                "awslogs-stream-prefix": container.name,
            },
        },
    }
    if container.port is not None:
        definition["portMappings"] = [{"containerPort": container.port, "protocol": "tcp"}]
    if container.health_command is not None:
        definition["healthCheck"] = {
            "command": ["CMD", *container.health_command],
            "interval": 15,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 60,
        }
    return definition
