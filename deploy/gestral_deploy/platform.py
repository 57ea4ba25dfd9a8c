"""The whole platform: components made in order, each given what it needs of the others."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from .bucket import Bucket
from .cache import Cache
from .cluster import Cluster
from .configuration import Configuration, check_stack_name
from .database import Database
from .load_balancer import LoadBalancer
from .network import Network
from .roles import TaskRoles
from .secret import Secret, random_token
from .service import Place, Program, Service


def deploy(stack: str, configuration: Configuration) -> None:
    """Declare everything that the stack consists of, and export what operators ask for.

    Raises `pulumi.RunError` when the stack's name is too long for the names it goes into.
    """
    check_stack_name(stack)
    name = f"gestral-{stack}"
    size = configuration.resources
    provider = _provider(stack, configuration)
    opts = pulumi.ResourceOptions(providers=[provider])
    account_id = aws.get_caller_identity_output(
        opts=pulumi.InvokeOutputOptions(provider=provider)
    ).account_id

    network = Network(
        name,
        region=configuration.region,
        cidr_block=configuration.cidr_block,
        nat_gateways=size.nat_gateways,
        opts=opts,
    )
    database = Database(
        name,
        size=size.database,
        subnet_ids=network.private_subnet_ids,
        security_group_id=network.database_group.id,
        backup_days=configuration.backup_days,
        deletion_protection=configuration.deletion_protection,
        opts=opts,
    )
    cache = Cache(
        name,
        size=size.cache,
        subnet_ids=network.private_subnet_ids,
        security_group_id=network.cache_group.id,
        opts=opts,
    )
    bucket = Bucket(
        name,
        region=configuration.region,
        deletion_protection=configuration.deletion_protection,
        opts=opts,
    )
    load_balancer = LoadBalancer(
        name,
        vpc_id=network.vpc.id,
        subnet_ids=network.public_subnet_ids,
        security_group_id=network.load_balancer_group.id,
        domain=configuration.domain,
        certificate_arn=configuration.certificate_arn,
        deletion_protection=configuration.deletion_protection,
        opts=opts,
    )
    secrets = _secrets(name, configuration, database, cache, opts)
    owner = Secret(
        f"{name}-database-owner-url",
        description="Address and password for migrations of Gestral",
        value=database.owner_url,
        recovery_days=_recovery_days(configuration),
        opts=opts,
    )
    migration_secret_arns = {"GESTRAL_DATABASE_OWNER_URL": owner.arn}
    cluster = Cluster(name, log_days=configuration.log_days, opts=opts)
    place = Place(
        region=configuration.region,
        cluster_arn=cluster.arn,
        subnet_ids=network.private_subnet_ids if size.nat_gateways else network.public_subnet_ids,
        public_addresses=size.nat_gateways == 0,
    )
    program = Program(
        image=configuration.image,
        architecture=configuration.architecture,
        environment={
            **configuration.environment,
            "GESTRAL_PUBLIC_URL": load_balancer.public_url,
            "GESTRAL_STORAGE_URL": bucket.url,
        },
        secret_arns=secrets,
    )

    def roles(service: str, logs: aws.cloudwatch.LogGroup, *more: pulumi.Input[str]) -> TaskRoles:
        return TaskRoles(
            f"{name}-{service}",
            account_id=account_id,
            bucket_arn=bucket.arn,
            log_group_arn=logs.arn,
            secret_arns=[*secrets.values(), *more],
            image_repository_arn=configuration.image_repository_arn,
            opts=opts,
        )

    web_logs = cluster.log_group("web")
    web = Service(
        f"{name}-web",
        command=["gestral", "web"],
        size=size.web,
        place=place,
        program=program,
        roles=roles("web", web_logs, owner.arn),
        security_group_id=network.web_group.id,
        log_group_name=web_logs.name,
        load_balancer=load_balancer,
        migration_secret_arns=migration_secret_arns,
        opts=opts,
    )
    worker_logs = cluster.log_group("worker")
    worker = Service(
        f"{name}-worker",
        command=["gestral", "worker"],
        size=size.worker,
        place=place,
        program=program,
        roles=roles("worker", worker_logs),
        security_group_id=network.worker_group.id,
        log_group_name=worker_logs.name,
        # Web tasks migrate: new workers must not meet the old schema.
        after=web,
        opts=opts,
    )

    pulumi.export("url", load_balancer.public_url)
    pulumi.export("load_balancer", load_balancer.dns_name)
    pulumi.export("storage", bucket.url)
    pulumi.export("cluster", cluster.cluster_name)
    pulumi.export("services", [web.service.name, worker.service.name])


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


def _recovery_days(configuration: Configuration) -> int:
    """Days in which a deleted secret can be brought back; a trial must free its names at once."""
    return 7 if configuration.deletion_protection else 0


def _secrets(
    name: str,
    configuration: Configuration,
    database: Database,
    cache: Cache,
    opts: pulumi.ResourceOptions,
) -> Mapping[str, pulumi.Output[str] | str]:
    """The ARN of each secret that every container is given, by the name of its setting."""
    made = {
        "database-url": ("Address and password of PostgreSQL", database.application_url),
        "redis-url": ("Address and password of Valkey", cache.url),
        "secret": ("Key for sessions and signatures", random_token(f"{name}-secret", 64)),
    }
    return {
        **configuration.secrets,
        **{
            f"GESTRAL_{kind.upper().replace('-', '_')}": Secret(
                f"{name}-{kind}",
                description=f"{description} of Gestral",
                value=value,
                recovery_days=_recovery_days(configuration),
                opts=opts,
            ).arn
            for kind, (description, value) in made.items()
        },
    }
