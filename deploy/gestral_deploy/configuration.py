"""What an operator may decide, read from the stack's configuration and judged as a whole.

Everything stands under one key, `gestral:settings`, so that a misspelt name is refused and not
silently replaced by a default.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
import pulumi

from .sizes import SIZES, Size, SizeName

IMAGE = re.compile(
    r"(?P<registry>[a-z0-9.-]+\.[a-z]+(?::\d+)?)/(?P<repository>[a-z0-9][a-z0-9._/-]*)"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?@sha256:[0-9a-f]{64}"
)
ECR_REGISTRY = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
# The regions of AWS in China and for governments have other names for nearly everything.
REGION = re.compile(r"(?!cn-|us-gov-|us-iso|eu-iso)[a-z]{2}-[a-z]+-\d")
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
CERTIFICATE_ARN = re.compile(r"arn:aws:acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[0-9a-f-]{36}")
SECRET_ARN = re.compile(r"arn:aws:secretsmanager:(?P<region>[a-z0-9-]+):\d{12}:secret:[^:]+")
VARIABLE = re.compile(r"GESTRAL_[A-Z0-9]+(_[A-Z0-9]+)*")
STACK = re.compile(r"[a-z][a-z0-9-]{0,10}[a-z0-9]")

RESERVED_VARIABLES: Final = frozenset(
    {
        "GESTRAL_APP_PASSWORD",
        "GESTRAL_DATA",
        "GESTRAL_DATABASE_OWNER_URL",
        "GESTRAL_DATABASE_URL",
        "GESTRAL_HOST",
        "GESTRAL_OWNER_PASSWORD",
        "GESTRAL_PORT",
        "GESTRAL_PUBLIC_URL",
        "GESTRAL_REDIS_URL",
        "GESTRAL_SECRET",
        "GESTRAL_STORAGE_URL",
    }
)
"""What the program sets itself; an operator's value would point the tasks somewhere else."""

SMALLEST_NETWORK: Final = 22
"""Four subnets must each hold the 16 addresses that AWS asks for, with room for tasks."""


class Configuration(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """The settings of one stack; README.md explains each to operators."""

    image: str
    size: SizeName
    region: str
    account_id: Annotated[str, msgspec.Meta(pattern=r"^\d{12}$")] | None = None
    architecture: Literal["arm64", "x86_64"] = "arm64"
    domain: str | None = None
    certificate_arn: str | None = None
    plain_http: bool = False
    cidr_block: str = "10.42.0.0/16"
    deletion_protection: bool = True
    backup_days: Annotated[int, msgspec.Meta(ge=1, le=35)] = 7
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365] = 30
    web_count: Annotated[int, msgspec.Meta(ge=1, le=50)] | None = None
    worker_count: Annotated[int, msgspec.Meta(ge=0, le=200)] | None = None
    environment: dict[str, str] = {}
    secrets: dict[str, str] = {}
    tags: dict[str, str] = {}

    @property
    def resources(self) -> Size:
        """The size that `size` names, with the operator's own counts of tasks put in."""
        size = SIZES[self.size]
        web, worker = size.web, size.worker
        if self.web_count is not None:
            web = msgspec.structs.replace(web, count=self.web_count)
        if self.worker_count is not None:
            worker = msgspec.structs.replace(worker, count=self.worker_count)
        return msgspec.structs.replace(size, web=web, worker=worker)

    @property
    def image_repository_arn(self) -> str | None:
        """The ECR repository that tasks must be allowed to pull from; None for other registries."""
        image = IMAGE.fullmatch(self.image)
        registry = image and ECR_REGISTRY.fullmatch(image["registry"])
        if not image or not registry:
            return None
        return (
            f"arn:aws:ecr:{registry['region']}:{registry['account']}"
            f":repository/{image['repository']}"
        )


def load(config: pulumi.Config) -> Configuration:
    """The configuration of the stack that is being run; raises `pulumi.RunError` (see `parse`)."""
    values = config.get_object("settings")
    if not isinstance(values, dict):
        raise pulumi.RunError(
            "This stack has no settings. Write them under `gestral:settings` in its "
            "Pulumi.<stack>.yaml; deploy/README.md has an example to begin with."
        )
    return parse(values)


def parse(values: Mapping[str, Any]) -> Configuration:
    """Checked settings; raises `pulumi.RunError`, which names everything that is wrong at once."""
    try:
        # Not strict: `pulumi config set` keeps every value as a string.
        configuration = msgspec.convert(values, Configuration, strict=False)
    except msgspec.ValidationError as error:
        raise pulumi.RunError(f"gestral:settings is refused: {error}") from None
    problems = list(_problems(configuration))
    if problems:
        raise pulumi.RunError("gestral:settings is refused:\n- " + "\n- ".join(problems))
    return configuration


def check_stack_name(stack: str) -> None:
    """Refuse a name of a stack that would make names of resources too long for AWS.

    Raises `pulumi.RunError`. The tightest is a target group: 32 characters, 8 of which Pulumi adds.
    """
    if not STACK.fullmatch(stack):
        raise pulumi.RunError(
            f"The stack's name {stack!r} cannot be used: take 2 to 12 small letters, digits and "
            "hyphens, a letter first (for instance `production`)."
        )


def _problems(configuration: Configuration) -> Iterator[str]:
    if not IMAGE.fullmatch(configuration.image):
        yield (
            f"image: {configuration.image!r} does not name one image for ever. Give it as "
            "registry/repository@sha256:<64 hex digits>; a tag alone can be moved to other code."
        )
    if not REGION.fullmatch(configuration.region):
        yield (
            f"region: {configuration.region!r} is none of the regions of commercial AWS "
            "(for instance `eu-central-1`)."
        )
    yield from _address_problems(configuration)
    yield from _network_problems(configuration.cidr_block)
    yield from _variable_problems(configuration)
    if reserved := sorted(tag for tag in configuration.tags if tag.lower().startswith("aws:")):
        yield f"tags: {', '.join(reserved)}: names that begin with `aws:` belong to AWS."


def _address_problems(configuration: Configuration) -> Iterator[str]:
    domain, certificate_arn = configuration.domain, configuration.certificate_arn
    if (domain is None) != (certificate_arn is None):
        yield (
            "domain and certificateArn go together: the certificate must be made out to the domain."
        )
    if domain is None and certificate_arn is None and not configuration.plain_http:
        yield (
            "domain and certificateArn are missing, so that passwords would cross the internet "
            "in clear. Set both, or say `plainHttp: true` for a trial that nobody relies on."
        )
    if certificate_arn is not None and configuration.plain_http:
        yield "plainHttp: a stack with a certificate serves HTTPS only; remove one of the two."
    if domain is not None and not DOMAIN.fullmatch(domain):
        yield (
            f"domain: {domain!r} is no host name. Give it without scheme, port and path, "
            "in small letters (for instance `videos.example.org`)."
        )
    if certificate_arn is not None:
        found = CERTIFICATE_ARN.fullmatch(certificate_arn)
        if not found:
            yield f"certificateArn: {certificate_arn!r} is not the ARN of an ACM certificate."
        elif found["region"] != configuration.region:
            yield (
                f"certificateArn: the certificate is in {found['region']}, but a load balancer in "
                f"{configuration.region} can only use certificates of its own region."
            )


def _network_problems(cidr_block: str) -> Iterator[str]:
    try:
        network = ipaddress.IPv4Network(cidr_block)
    except ValueError as error:
        yield f"cidrBlock: {error}. Give a private network such as 10.42.0.0/16."
        return
    if not any(network.subnet_of(private) for private in _PRIVATE_NETWORKS):
        yield f"cidrBlock: {cidr_block} is not private (10/8, 172.16/12 or 192.168/16)."
    if not 16 <= network.prefixlen <= SMALLEST_NETWORK:
        yield f"cidrBlock: {cidr_block} must be from /16 to /{SMALLEST_NETWORK}."


_PRIVATE_NETWORKS: Final = tuple(
    map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
)


def _variable_problems(configuration: Configuration) -> Iterator[str]:
    for field, variables in (
        ("environment", configuration.environment),
        ("secrets", configuration.secrets),
    ):
        for variable in sorted(variables):
            if not VARIABLE.fullmatch(variable):
                yield f"{field}: {variable!r} is no setting of Gestral; they begin with GESTRAL_."
            if variable in RESERVED_VARIABLES:
                yield f"{field}: {variable} is set by this program and cannot be set by hand."
    for variable in sorted(configuration.environment.keys() & configuration.secrets.keys()):
        yield f"{variable} stands in both environment and secrets; keep one."
    for variable, arn in sorted(configuration.secrets.items()):
        found = SECRET_ARN.fullmatch(arn)
        if not found:
            # The value is not shown: somebody may have pasted the secret itself.
            yield (
                f"secrets: {variable} must be the ARN of a secret in Secrets Manager, "
                "never the secret itself."
            )
        elif found["region"] != configuration.region:
            yield f"secrets: {variable} is in {found['region']}, not in {configuration.region}."
