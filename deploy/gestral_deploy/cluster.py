"""The ECS cluster and its logs."""

import pulumi
import pulumi_aws as aws


class Cluster(pulumi.ComponentResource):
    """Where all tasks run and write their logs, one log group for each service."""

    def __init__(
        self, name: str, *, log_days: int, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("gestral:aws:Cluster", name, None, opts)
        self._name = name
        self._log_days = log_days
        cluster = aws.ecs.Cluster(
            name,
            settings=[{"name": "containerInsights", "value": "enabled"}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn: pulumi.Output[str] = cluster.arn
        self.cluster_name: pulumi.Output[str] = cluster.name
        self.register_outputs({"arn": self.arn})

    def log_group(self, service: str) -> aws.cloudwatch.LogGroup:
        """A log group that forgets after the configured number of days."""
        return aws.cloudwatch.LogGroup(
            f"{self._name}-{service}",
            retention_in_days=self._log_days,
            opts=pulumi.ResourceOptions(parent=self),
        )
