"""Secrets: made here, kept in Secrets Manager, handed to containers by reference."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_random


def random_token(name: str, length: int, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A random word of letters and digits, so that it stands in an address as it is.

    Pulumi keeps it encrypted in the stack's state. Changing `length` makes a new one.
    """
    return pulumi_random.RandomPassword(name, length=length, special=False, opts=opts).result


class Secret(pulumi.ComponentResource):
    """Some values that are read together, as one JSON object in Secrets Manager.

    `arn` is what a role is allowed to read.
    """

    def __init__(
        self,
        name: str,
        *,
        description: str,
        values: Mapping[str, pulumi.Input[str]],
        recovery_days: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:Secret", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        secret = aws.secretsmanager.Secret(
            name, description=description, recovery_window_in_days=recovery_days, opts=child
        )
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps(values),
            opts=child,
        )
        # By way of the version: a task that starts before the values are there would fail.
        self.arn: pulumi.Output[str] = version.secret_arn
        self._names = frozenset(values)
        self.register_outputs({"arn": self.arn})

    def fields(self, *names: str) -> dict[str, pulumi.Output[str]]:
        """The addresses of single values, in the form that a container definition takes.

        Raises `KeyError` for a name that the secret does not hold.
        """
        if unknown := set(names) - self._names:
            raise KeyError(unknown)
        return {name: pulumi.Output.format("{0}:{1}::", self.arn, name) for name in names}
