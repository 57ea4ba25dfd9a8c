"""Who may do what in AWS: two roles for each service, with nothing more than they use."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from .bucket import OBJECTS

Statement = dict[str, Any]


class TaskRoles(pulumi.ComponentResource):
    """The roles of one kind of task.

    `execution_arn` is ECS's own while it starts a task: it pulls the image, reads the secrets that
    this task is given and writes its log. `task_arn` is what the code in the containers may do:
    read and write its objects.
    """

    def __init__(
        self,
        name: str,
        *,
        account_id: pulumi.Input[str],
        bucket_arn: pulumi.Input[str],
        log_group_arn: pulumi.Input[str],
        secret_arns: Sequence[pulumi.Input[str]],
        image_repository_arn: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:TaskRoles", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        starting: list[Statement] = [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": pulumi.Output.format("{0}:*", log_group_arn),
            },
            {
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": list(secret_arns),
            },
        ]
        if image_repository_arn:
            starting += _pull(image_repository_arn)
        self.execution_arn = self._role(f"{name}-execution", account_id, starting)
        self.task_arn = self._role(f"{name}-task", account_id, _objects(bucket_arn))
        self.register_outputs({})

    def _role(
        self, name: str, account_id: pulumi.Input[str], statements: list[Statement]
    ) -> pulumi.Output[str]:
        role = aws.iam.Role(
            name,
            assume_role_policy=_policy(
                [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                        # Only for tasks of this account: ECS serves every other account too.
                        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
                    }
                ]
            ),
            opts=self._child,
        )
        policy = aws.iam.RolePolicy(
            name, role=role.id, policy=_policy(statements), opts=self._child
        )
        # By way of the policy: a task must not start with a role that may do nothing yet.
        return pulumi.Output.all(role.arn, policy.id).apply(lambda values: str(values[0]))


def _policy(statements: list[Statement]) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})


def _pull(image_repository_arn: str) -> list[Statement]:
    return [
        {
            "Effect": "Allow",
            "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            "Resource": image_repository_arn,
        },
        # This one action cannot be narrowed to a repository.
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    ]


def _objects(bucket_arn: pulumi.Input[str]) -> list[Statement]:
    return [
        {
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:PutObject",
            ],
            "Resource": pulumi.Output.format("{0}/{1}/*", bucket_arn, OBJECTS),
        },
        {
            "Effect": "Allow",
            # Without it S3 answers 403 and not 404 when an object is missing.
            "Action": "s3:ListBucket",
            "Resource": bucket_arn,
        },
    ]
