"""The whole platform: components made in order, each given what it needs of the others."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

from .bucket import Bucket
from .cache import Cache
from .cluster import Cluster
from .configuration import Configuration, check_stack_name
from .container import SCRATCH_FOLDER, STOP_TIMEOUT, Container, Logs
from .database import ADMINISTRATOR, TLS_MODE, Database
from .load_balancer import LoadBalancer
from .network import DATABASE_PORT, WEB_PORT, Network
from .roles import TaskRoles
from .secret import Secret, random_token
from .service import Place, Service
from .sizes import TaskSize

BOOTSTRAP: Final = "/opt/gestral/bootstrap.sql"
"""Where the image keeps the script that makes the database and its roles."""

IS_ALIVE: Final = (
    "import urllib.request; "
    f"urllib.request.urlopen('http://127.0.0.1:{WEB_PORT}/health/live', timeout=4)"
)


def deploy(stack: str, configuration: Configuration) -> None:
    """Declare everything that the stack consists of, and export what operators ask for.

    Raises `pulumi.RunError` when the stack's name is too long for the names it goes into.
    """
    check_stack_name(stack)
    provider = _provider(stack, configuration)
    platform = Platform(
        f"gestral-{stack}", configuration, opts=pulumi.ResourceOptions(providers=[provider])
    )
    pulumi.export("url", platform.load_balancer.public_url)
    pulumi.export("load_balancer", platform.load_balancer.dns_name)
    pulumi.export("storage", platform.bucket.url)
    pulumi.export("cluster", platform.cluster.cluster_name)
    pulumi.export("services", [platform.web.service.name, platform.worker.service.name])


def _provider(stack: str, configuration: Configuration) -> aws.Provider:
    """AWS in the configured region; all that it makes carries the tags."""
    return aws.Provider(
        "aws",
        region=configuration.region,
        allowed_account_ids=[configuration.account_id] if configuration.account_id else None,
        default_tags={
            "tags": {
                **configuration.tags,
                "Project": "gestral",
                "Stack": stack,
                "ManagedBy": "pulumi",
            }
        },
    )


class Platform(pulumi.ComponentResource):
    """Network, data, secrets, and the services that use them."""

    def __init__(
        self,
        name: str,
        configuration: Configuration,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:Platform", name, None, opts)
        self._name = name
        self._configuration = configuration
        self._child = pulumi.ResourceOptions(parent=self)
        size = configuration.resources
        keep = configuration.deletion_protection
        self.network = Network(
            name,
            region=configuration.region,
            cidr_block=configuration.cidr_block,
            nat_gateways=size.nat_gateways,
            opts=self._child,
        )
        self.database = Database(
            name,
            size=size.database,
            subnet_ids=self.network.private_subnet_ids,
            security_group_id=self.network.database_group.id,
            backup_days=configuration.backup_days,
            deletion_protection=keep,
            opts=self._child,
        )
        self.cache = Cache(
            name,
            size=size.cache,
            subnet_ids=self.network.private_subnet_ids,
            security_group_id=self.network.cache_group.id,
            opts=self._child,
        )
        self.bucket = Bucket(
            name, region=configuration.region, deletion_protection=keep, opts=self._child
        )
        self.load_balancer = LoadBalancer(
            name,
            vpc_id=self.network.vpc.id,
            subnet_ids=self.network.public_subnet_ids,
            security_group_id=self.network.load_balancer_group.id,
            port=WEB_PORT,
            domain=configuration.domain,
            certificate_arn=configuration.certificate_arn,
            deletion_protection=keep,
            opts=self._child,
        )
        self.cluster = Cluster(name, log_days=configuration.log_days, opts=self._child)
        self._application_secret = self._secret(
            "application",
            "What every container of Gestral is told",
            {
                "GESTRAL_DATABASE_URL": self.database.application_url,
                "GESTRAL_REDIS_URL": self.cache.url,
                "GESTRAL_SECRET": random_token(f"{name}-secret", 64, self._child),
            },
        )
        self._migration_secret = self._secret(
            "migration",
            "What only bootstrap and migrations of Gestral are told",
            {
                "PGPASSWORD": self.database.administrator_password,
                "GESTRAL_OWNER_PASSWORD": self.database.owner_password,
                "GESTRAL_APP_PASSWORD": self.database.application_password,
                "GESTRAL_DATABASE_OWNER_URL": self.database.owner_url,
            },
        )
        self._account_id = aws.get_caller_identity_output(
            opts=pulumi.InvokeOutputOptions(parent=self)
        ).account_id
        self.web = self._service(
            "web",
            [self._bootstrap(), self._migrate(), self._web()],
            size.web,
            self.network.web_group,
            [self._application_secret.arn, self._migration_secret.arn],
            load_balancer=self.load_balancer,
        )
        self.worker = self._service(
            "worker",
            [self._application("worker", ["gestral", "worker"])],
            size.worker,
            self.network.worker_group,
            [self._application_secret.arn],
            # Web tasks migrate: new workers must not meet the old schema.
            after=self.web,
        )
        self.register_outputs({})

    def _secret(
        self, kind: str, description: str, values: Mapping[str, pulumi.Input[str]]
    ) -> Secret:
        return Secret(
            f"{self._name}-{kind}",
            description=description,
            values=values,
            # Days in which it can be brought back; a trial must free the name at once.
            recovery_days=7 if self._configuration.deletion_protection else 0,
            opts=self._child,
        )

    def _service(
        self,
        kind: str,
        containers: Sequence[Container],
        size: TaskSize,
        group: aws.ec2.SecurityGroup,
        secret_arns: Sequence[pulumi.Input[str]],
        *,
        load_balancer: LoadBalancer | None = None,
        after: Service | None = None,
    ) -> Service:
        configuration = self._configuration
        name = f"{self._name}-{kind}"
        log_group = self.cluster.log_group(kind)
        roles = TaskRoles(
            name,
            account_id=self._account_id,
            bucket_arn=self.bucket.arn,
            log_group_arn=log_group.arn,
            secret_arns=[*secret_arns, *configuration.secrets.values()],
            image_repository_arn=configuration.image_repository_arn,
            opts=self._child,
        )
        return Service(
            name,
            containers=containers,
            size=size,
            place=self._place(),
            roles=roles,
            security_group_id=group.id,
            logs=Logs(configuration.region, log_group.name),
            load_balancer=load_balancer,
            after=after,
            opts=self._child,
        )

    def _place(self) -> Place:
        outside = self._configuration.resources.nat_gateways == 0
        return Place(
            cluster_arn=self.cluster.arn,
            subnet_ids=(
                self.network.public_subnet_ids if outside else self.network.private_subnet_ids
            ),
            public_addresses=outside,
            image=self._configuration.image,
            architecture=self._configuration.architecture,
        )

    def _bootstrap(self) -> Container:
        """Makes the database and its roles, or gives the roles their passwords again."""
        return Container(
            name="bootstrap",
            command=["psql", "--no-psqlrc", "--file", BOOTSTRAP],
            environment={
                "PGHOST": self.database.address,
                "PGPORT": str(DATABASE_PORT),
                "PGUSER": ADMINISTRATOR,
                "PGDATABASE": "postgres",
                "PGSSLMODE": TLS_MODE,
            },
            secret_arns=self._migration_secret.fields(
                "PGPASSWORD", "GESTRAL_OWNER_PASSWORD", "GESTRAL_APP_PASSWORD"
            ),
        )

    def _migrate(self) -> Container:
        return self._application(
            "migrate",
            ["gestral", "db", "upgrade"],
            self._migration_secret.fields("GESTRAL_DATABASE_OWNER_URL"),
        )

    def _web(self) -> Container:
        return self._application(
            "web",
            ["gestral", "web"],
            port=WEB_PORT,
            health_command=["python", "-c", IS_ALIVE],
        )

    def _application(
        self,
        name: str,
        command: Sequence[str],
        more_secrets: Mapping[str, pulumi.Input[str]] | None = None,
        *,
        port: int | None = None,
        health_command: Sequence[str] | None = None,
    ) -> Container:
        """A container with all the settings that Gestral itself reads."""
        return Container(
            name=name,
            command=command,
            environment={
                # The load balancer is the one proxy whose word on a client's address counts.
                "GESTRAL_AUTH_PROXIES": "1",
                **self._configuration.environment,
                "GESTRAL_DATA": f"{SCRATCH_FOLDER}/gestral",
                # Below the containers' stop timeout, so that what is left can be handed back.
                "GESTRAL_DRAIN_SECONDS": str(STOP_TIMEOUT - 15),
                "GESTRAL_HOST": "0.0.0.0",  # noqa: S104 - the load balancer comes from outside
                "GESTRAL_PORT": str(WEB_PORT),
                "GESTRAL_PUBLIC_URL": self.load_balancer.public_url,
                "GESTRAL_STORAGE_URL": self.bucket.url,
            },
            secret_arns={
                **self._configuration.secrets,
                **self._application_secret.fields(
                    "GESTRAL_DATABASE_URL", "GESTRAL_REDIS_URL", "GESTRAL_SECRET"
                ),
                **(more_secrets or {}),
            },
            port=port,
            health_command=health_command,
        )
