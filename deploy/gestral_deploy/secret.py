"""Secrets: made here, kept in Secrets Manager, handed to containers by reference."""

import pulumi
import pulumi_aws as aws
import pulumi_random


def random_token(
    name: str, length: int, opts: pulumi.ResourceOptions | None = None
) -> pulumi.Output[str]:
    """A random word of letters and digits, so that it stands in an address as it is.

    Pulumi keeps it encrypted in the stack's state. Changing `length` makes a new one.
    """
    return pulumi_random.RandomPassword(name, length=length, special=False, opts=opts).result


class Secret(pulumi.ComponentResource):
    """One value in Secrets Manager. `arn` is what a container definition refers to."""

    def __init__(
        self,
        name: str,
        *,
        description: str,
        value: pulumi.Input[str],
        recovery_days: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:Secret", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        secret = aws.secretsmanager.Secret(
            name,
            description=description,
            recovery_window_in_days=recovery_days,
            opts=child,
        )
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(value),
            opts=child,
        )
        # By way of the version: a task that starts before the value is there would fail.
        self.arn: pulumi.Output[str] = version.secret_arn
        self.register_outputs({"arn": self.arn})
