"""What must hold for every graph of resources: each rule tells what breaks it, in words."""

import ipaddress
import json
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations
from typing import Any, Final

from botocore.session import get_session
from botocore.validate import ParamValidator
from stand_in_engine import Graph, Resource

Rule = Callable[[Graph], Iterator[str]]

APPLICATION_SETTINGS: Final = {
    "GESTRAL_DATA",
    "GESTRAL_DATABASE_URL",
    "GESTRAL_HOST",
    "GESTRAL_PORT",
    "GESTRAL_PUBLIC_URL",
    "GESTRAL_REDIS_URL",
    "GESTRAL_SECRET",
    "GESTRAL_STORAGE_URL",
}
BOOTSTRAP_SETTINGS: Final = {
    "GESTRAL_APP_PASSWORD",
    "GESTRAL_OWNER_PASSWORD",
    "PGDATABASE",
    "PGHOST",
    "PGPASSWORD",
    "PGPORT",
    "PGSSLMODE",
    "PGUSER",
}
OWNER_SETTING: Final = "GESTRAL_DATABASE_OWNER_URL"
SECRET_SETTINGS: Final = {
    OWNER_SETTING,
    "GESTRAL_APP_PASSWORD",
    "GESTRAL_DATABASE_URL",
    "GESTRAL_OWNER_PASSWORD",
    "GESTRAL_REDIS_URL",
    "GESTRAL_SECRET",
    "PGPASSWORD",
}

HOMES_OF_SECRETS: Final = {
    ("Instance", "password"),
    ("ReplicationGroup", "authToken"),
    ("SecretVersion", "secretString"),
}
"""The only inputs that a secret may stand in."""

FARGATE_MEMORY: Final = {
    256: {512, 1024, 2048},
    512: set(range(1024, 4097, 1024)),
    1024: set(range(2048, 8193, 1024)),
    2048: set(range(4096, 16385, 1024)),
    4096: set(range(8192, 30721, 1024)),
    8192: set(range(16384, 61441, 4096)),
    16384: set(range(32768, 122881, 8192)),
}
"""MiB of memory that Fargate takes with so many CPU units (ECS developer guide, task sizes)."""

NAME_LENGTH: Final = {"LoadBalancer": 32, "TargetGroup": 32, "ReplicationGroup": 40, "Bucket": 63}
PULUMI_SUFFIX: Final = 8
"""Characters that Pulumi adds to a name so that a replacement can stand beside the old."""

WORLD: Final = {"0.0.0.0/0", "::/0"}
MANDATORY_TAGS: Final = {"Project", "Stack", "ManagedBy"}


def only_the_load_balancer_is_open_to_the_world(graph: Graph) -> Iterator[str]:
    door = graph.one("SecurityGroup", "-lb").reference("id")
    for rule in graph.of("SecurityGroupIngressRule"):
        if {rule.inputs.get("cidrIpv4"), rule.inputs.get("cidrIpv6")} & WORLD:
            if rule.inputs["securityGroupId"] != door:
                yield f"{rule.name} lets the world in"
            if (rule.inputs["fromPort"], rule.inputs["toPort"]) not in {(80, 80), (443, 443)}:
                yield f"{rule.name} opens more than HTTP and HTTPS"
        elif "referencedSecurityGroupId" not in rule.inputs:
            yield f"{rule.name} lets in others than our own groups"
    for group in [*graph.of("SecurityGroup"), *graph.of("DefaultSecurityGroup")]:
        if group.inputs.get("ingress") or group.inputs.get("egress"):
            yield f"{group.name} holds rules that no other rule can see"
    for database in graph.of("Instance"):
        if database.inputs.get("publiclyAccessible") is not False:
            yield f"{database.name} is public"
    for load_balancer in graph.of("LoadBalancer"):
        if load_balancer.inputs["securityGroups"] != [door]:
            yield f"{load_balancer.name} stands outside its group"


def data_stands_where_the_internet_does_not_reach(graph: Graph) -> Iterator[str]:
    open_tables = {
        route.inputs["routeTableId"] for route in graph.of("Route") if "gatewayId" in route.inputs
    }
    table_of = {
        association.inputs["subnetId"]: association.inputs["routeTableId"]
        for association in graph.of("RouteTableAssociation")
    }
    for subnets in graph.of("SubnetGroup"):
        if len(set(subnets.inputs["subnetIds"])) < 2:
            yield f"{subnets.type} stands in a single zone"
        for subnet in subnets.inputs["subnetIds"]:
            if table_of.get(subnet) is None or table_of[subnet] in open_tables:
                yield f"{subnets.type} stands in {subnet}, which the internet reaches"


def everything_is_encrypted(graph: Graph) -> Iterator[str]:
    for database in graph.of("Instance"):
        if database.inputs.get("storageEncrypted") is not True:
            yield f"{database.name} stores in clear"
    if _parameter(graph, "postgres", "rds.force_ssl") != "1":
        yield "PostgreSQL answers without TLS"
    for cache_group in graph.of("ReplicationGroup"):
        for key in ("atRestEncryptionEnabled", "transitEncryptionEnabled"):
            if cache_group.inputs.get(key) is not True:
                yield f"{cache_group.name} lacks {key}"
        if cache_group.inputs.get("transitEncryptionMode") != "required":
            yield f"{cache_group.name} answers without TLS"
    for listener in graph.of("Listener"):
        actions = listener.inputs["defaultActions"]
        if listener.inputs["protocol"] == "HTTPS":
            if "-TLS13-" not in listener.inputs.get("sslPolicy", ""):
                yield f"{listener.name} speaks old TLS"
        elif any(action["type"] != "redirect" for action in actions):
            yield f"{listener.name} serves in clear"


def buckets_are_private_and_keep_versions(graph: Graph) -> Iterator[str]:
    for bucket in graph.of("Bucket"):

        def of(type_: str, bucket: Resource = bucket) -> dict[str, Any]:
            for resource in graph.of(type_):
                if resource.inputs["bucket"] == bucket.reference("id"):
                    return resource.inputs
            return {}

        access = of("BucketPublicAccessBlock")
        for key in (
            "blockPublicAcls",
            "blockPublicPolicy",
            "ignorePublicAcls",
            "restrictPublicBuckets",
        ):
            if access.get(key) is not True:
                yield f"{bucket.name} lacks {key}"
        if not of("BucketServerSideEncryptionConfiguration").get("rules"):
            yield f"{bucket.name} stores in clear"
        if of("BucketVersioning").get("versioningConfiguration", {}).get("status") != "Enabled":
            yield f"{bucket.name} keeps no versions"
        if of("BucketOwnershipControls").get("rule") != {"objectOwnership": "BucketOwnerEnforced"}:
            yield f"{bucket.name} has objects of other owners"
        if not any(map(_denies_plain_http, _statements(of("BucketPolicy").get("policy", "{}")))):
            yield f"{bucket.name} answers without TLS"


def everything_is_tagged(graph: Graph) -> Iterator[str]:
    tagged = set()
    for provider in graph.of("aws"):
        tags = json.loads(provider.inputs.get("defaultTags", "{}")).get("tags", {})
        if tags.keys() >= MANDATORY_TAGS:
            tagged.add(f"{provider.urn}::{provider.reference('id')}")
    for resource in graph.aws():
        if resource.provider not in tagged:
            yield f"{resource.name} ({resource.type}) gets no tags"
    for service in graph.of("Service"):
        if service.inputs.get("propagateTags") != "SERVICE":
            yield f"{service.name} starts tasks without tags"


def roles_may_do_no_more_than_they_must(graph: Graph) -> Iterator[str]:
    for policy in graph.of("RolePolicy"):
        for statement in _statements(policy.inputs["policy"]):
            actions, resources = _list(statement["Action"]), _list(statement["Resource"])
            for action in actions:
                if "*" in action:
                    yield f"{policy.name} may do {action}"
            if "*" in resources and actions != ["ecr:GetAuthorizationToken"]:
                yield f"{policy.name} may do {actions} to everything"
    for role in graph.of("Role"):
        (trust,) = _statements(role.inputs["assumeRolePolicy"])
        if trust["Principal"] != {"Service": "ecs-tasks.amazonaws.com"}:
            yield f"{role.name} can be taken by {trust['Principal']}"
        if "aws:SourceAccount" not in trust.get("Condition", {}).get("StringEquals", {}):
            yield f"{role.name} can be taken on behalf of other accounts"
    for type_ in ("RolePolicyAttachment", "User", "AccessKey"):
        for resource in graph.of(type_):
            yield f"{resource.name}: {type_} has no place here"


def each_service_reads_its_own_secrets_only(graph: Graph) -> Iterator[str]:
    for definition in graph.of("TaskDefinition"):
        given = {
            _secret_arn(secret["valueFrom"])
            for container in _containers(definition)
            for secret in container["secrets"]
        }
        readable = {
            resource
            for statement in _policy_of(graph, definition.inputs["executionRoleArn"])
            if statement["Action"] == "secretsmanager:GetSecretValue"
            for resource in _list(statement["Resource"])
        }
        if given != readable:
            yield f"{definition.name} is given {given} and may read {readable}"
        for statement in _policy_of(graph, definition.inputs["taskRoleArn"]):
            if any(action.startswith("secretsmanager:") for action in _list(statement["Action"])):
                yield f"{definition.name}: its code may read secrets"


def secrets_stand_in_clear_nowhere(graph: Graph) -> Iterator[str]:
    secrets = {password.reference("result") for password in graph.of("RandomPassword")}
    if not secrets:
        yield "there are no secrets"
    for resource in graph.resources:
        for key, value in resource.inputs.items():
            home = (resource.type.rpartition(":")[2], key) in HOMES_OF_SECRETS
            if home and key not in resource.secret:
                yield f"{resource.name}: {key} is not marked as secret"
            if not home and any(secret in str(value) for secret in secrets):
                yield f"{resource.name} shows a secret in {key}"
    if any(secret in str(graph.outputs) for secret in secrets):
        yield "an output of the stack shows a secret"


def secrets_hold_what_containers_ask_for(graph: Graph) -> Iterator[str]:
    held = {
        version.reference("secretArn"): json.loads(version.inputs["secretString"])
        for version in graph.of("SecretVersion")
    }
    for definition in graph.of("TaskDefinition"):
        for container in _containers(definition):
            for secret in container["secrets"]:
                arn, _, name = secret["valueFrom"].removesuffix("::").rpartition(":")
                if arn in held and not held[arn].get(name):
                    yield f"{definition.name}/{container['name']}: {arn} holds no {name}"


def task_definitions_are_what_ecs_takes(graph: Graph) -> Iterator[str]:
    for definition in graph.of("TaskDefinition"):
        containers = _containers(definition)
        parameters = {"family": definition.name, "containerDefinitions": containers}
        report = ParamValidator().validate(parameters, _register_task_definition())
        if report.has_errors():
            yield f"{definition.name}: {report.generate_report()}"
        cpu, memory = int(definition.inputs["cpu"]), int(definition.inputs["memory"])
        if memory not in FARGATE_MEMORY.get(cpu, set()):
            yield f"{definition.name}: Fargate has no {cpu} CPU units with {memory} MiB"
        if not any(container["essential"] for container in containers):
            yield f"{definition.name} has no essential container"
        names = {container["name"] for container in containers}
        volumes = {volume["name"] for volume in definition.inputs["volumes"]}
        for container in containers:
            where = f"{definition.name}/{container['name']}"
            if absent := {m["sourceVolume"] for m in container["mountPoints"]} - volumes:
                yield f"{where} mounts {absent}"
            if absent := {d["containerName"] for d in container.get("dependsOn", [])} - names:
                yield f"{where} waits for {absent}"


def containers_are_confined_and_stop_in_peace(graph: Graph) -> Iterator[str]:
    for definition in graph.of("TaskDefinition"):
        for container in _containers(definition):
            where = f"{definition.name}/{container['name']}"
            if container.get("readonlyRootFilesystem") is not True:
                yield f"{where} may write to its image"
            if container.get("privileged") or container.get("user", "x").startswith(("0", "root")):
                yield f"{where} is privileged"
            if container.get("linuxParameters", {}).get("capabilities") != {"drop": ["ALL"]}:
                yield f"{where} keeps capabilities"
            if container.get("stopTimeout") != 120:
                yield f"{where} is killed too early"
            if "@sha256:" not in container["image"]:
                yield f"{where} runs an image that may change"


def containers_have_all_their_settings(graph: Graph) -> Iterator[str]:
    for definition in graph.of("TaskDefinition"):
        for container in _containers(definition):
            where = f"{definition.name}/{container['name']}"
            plain = {variable["name"]: variable["value"] for variable in container["environment"]}
            secret = {variable["name"] for variable in container["secrets"]}
            needed = (
                BOOTSTRAP_SETTINGS if container["name"] == "bootstrap" else APPLICATION_SETTINGS
            )
            if missing := needed - plain.keys() - secret:
                yield f"{where} lacks {missing}"
            if shown := plain.keys() & SECRET_SETTINGS:
                yield f"{where} is told in clear: {shown}"
            if twice := plain.keys() & secret:
                yield f"{where} is told twice: {twice}"
            if empty := {name for name, value in plain.items() if not value}:
                yield f"{where} is told nothing in {empty}"


def each_process_has_the_rights_of_its_own_role(graph: Graph) -> Iterator[str]:
    """The administrator's password is for bootstrap, the owner's for migrations, and no more."""
    for definition in graph.of("TaskDefinition"):
        for container in _containers(definition):
            where = f"{definition.name}/{container['name']}"
            secret = {variable["name"] for variable in container["secrets"]}
            if (OWNER_SETTING in secret) != (container["name"] == "migrate"):
                yield f"{where} and the owner of the database"
            if ("PGPASSWORD" in secret) != (container["name"] == "bootstrap"):
                yield f"{where} and the administrator of the database"


def nothing_starts_before_the_migration(graph: Graph) -> Iterator[str]:
    containers = {c["name"]: c for c in _containers(graph.one("TaskDefinition", "-web"))}
    for name, before in (("web", "migrate"), ("migrate", "bootstrap")):
        if containers[name].get("dependsOn") != [{"containerName": before, "condition": "SUCCESS"}]:
            yield f"{name} does not wait for {before}"
        if containers[before]["essential"]:
            yield f"the end of {before} would end the task"
    if containers["migrate"]["command"] != ["gestral", "db", "upgrade"]:
        yield "nobody migrates"
    services = {service.name.rpartition("-")[2]: service for service in graph.of("Service")}
    if services["web"].urn not in services["worker"].depends_on:
        yield "workers do not wait for web, which migrates"
    for service in services.values():
        if service.inputs.get("deploymentCircuitBreaker") != {"enable": True, "rollback": True}:
            yield f"{service.name} does not go back when a rollout fails"
        if service.inputs.get("waitForSteadyState") is not True:
            yield f"{service.name} is not waited for"


def waiting_jobs_are_never_evicted(graph: Graph) -> Iterator[str]:
    if _parameter(graph, "valkey", "maxmemory-policy") != "noeviction":
        yield "Valkey drops keys when it is full"
    (parameters,) = (p for p in graph.of("ParameterGroup") if p.type.startswith("aws:elasticache"))
    for group in graph.of("ReplicationGroup"):
        if group.inputs["parameterGroupName"] != parameters.reference("name"):
            yield f"{group.name} does not use its parameters"


def ports_agree_from_door_to_data(graph: Graph) -> Iterator[str]:
    target = graph.one("TargetGroup").inputs
    allowed = {
        (
            rule.inputs["referencedSecurityGroupId"],
            rule.inputs["securityGroupId"],
            rule.inputs["fromPort"],
        )
        for rule in graph.of("SecurityGroupIngressRule")
        if "referencedSecurityGroupId" in rule.inputs
    }
    sent = {
        (
            rule.inputs["securityGroupId"],
            rule.inputs["referencedSecurityGroupId"],
            rule.inputs["fromPort"],
        )
        for rule in graph.of("SecurityGroupEgressRule")
        if "referencedSecurityGroupId" in rule.inputs
    }
    if allowed != sent:
        yield f"only one side agrees: {allowed ^ sent}"

    def group(kind: str) -> str:
        return graph.one("SecurityGroup", f"-{kind}").reference("id")

    database, valkey = graph.one("Instance").inputs, graph.one("ReplicationGroup").inputs
    needed = {(group("lb"), group("web"), target["port"])}
    for kind in ("web", "worker"):
        needed.add((group(kind), group("database"), database["port"]))
        needed.add((group(kind), group("cache"), valkey["port"]))
    if needed != allowed:
        yield f"needed and allowed differ: {needed ^ allowed}"
    if target["healthCheck"]["path"] != "/health/ready":
        yield "the load balancer asks for a health that is not there"
    for service in graph.of("Service"):
        kind = service.name.rpartition("-")[2]
        if service.inputs["networkConfiguration"]["securityGroups"] != [group(kind)]:
            yield f"{service.name} stands outside its group"
        for entry in service.inputs.get("loadBalancers", []):
            ports = {
                (container["name"], mapping["containerPort"])
                for container in _containers(graph.one("TaskDefinition", f"-{kind}"))
                for mapping in container.get("portMappings", [])
            }
            if (entry["containerName"], entry["containerPort"]) not in ports:
                yield f"{service.name} is reached at a port where nobody listens"
            if entry["containerPort"] != target["port"]:
                yield f"{service.name} and its target group name different ports"


def tasks_reach_the_internet(graph: Graph) -> Iterator[str]:
    """A task without a public address needs a NAT gateway, one with it a public subnet."""
    ways = {route.inputs["routeTableId"]: route.inputs for route in graph.of("Route")}
    table_of = {
        association.inputs["subnetId"]: association.inputs["routeTableId"]
        for association in graph.of("RouteTableAssociation")
    }
    for service in graph.of("Service"):
        network = service.inputs["networkConfiguration"]
        way = "gatewayId" if network["assignPublicIp"] else "natGatewayId"
        for subnet in network["subnets"]:
            if way not in ways.get(table_of[subnet], {}):
                yield f"{service.name} cannot pull its image in {subnet}"


def subnets_lie_inside_the_network_and_apart(graph: Graph) -> Iterator[str]:
    network = ipaddress.ip_network(graph.one("Vpc").inputs["cidrBlock"])
    subnets = [
        (subnet.name, ipaddress.ip_network(subnet.inputs["cidrBlock"]))
        for subnet in graph.of("Subnet")
    ]
    for name, block in subnets:
        if not block.subnet_of(network):  # type: ignore[arg-type]
            yield f"{name} lies outside the network"
    for (one, first), (other, second) in combinations(subnets, 2):
        if first.overlaps(second):
            yield f"{one} and {other} overlap"


def production_is_not_lost_by_mistake(graph: Graph) -> Iterator[str]:
    database = graph.one("Instance")
    if not (database.inputs.get("deletionProtection") and database.protect):
        yield "the database can be deleted"
    if database.inputs.get("skipFinalSnapshot") is not False:
        yield "the database goes without a last snapshot"
    if database.inputs.get("backupRetentionPeriod", 0) < 7:
        yield "the database is hardly backed up"
    bucket = graph.one("Bucket")
    if bucket.inputs.get("forceDestroy") is not False or not bucket.protect:
        yield "the bucket can be deleted with all that is in it"
    if graph.one("LoadBalancer").inputs.get("enableDeletionProtection") is not True:
        yield "the load balancer can be deleted"


def logs_are_kept_for_a_time(graph: Graph) -> Iterator[str]:
    kept = {
        group.reference("name")
        for group in graph.of("LogGroup")
        if group.inputs.get("retentionInDays")
    }
    for definition in graph.of("TaskDefinition"):
        for container in _containers(definition):
            log = container.get("logConfiguration", {}).get("options", {}).get("awslogs-group")
            if log not in kept:
                yield f"{definition.name}/{container['name']} logs to {log}"


def names_are_short_enough(graph: Graph) -> Iterator[str]:
    for resource in graph.aws():
        limit = NAME_LENGTH.get(resource.type.rpartition(":")[2], 63)
        if len(resource.name) + PULUMI_SUFFIX > limit:
            yield f"{resource.name} ({resource.type}) would be longer than {limit}"


RULES: Final[tuple[Rule, ...]] = (
    only_the_load_balancer_is_open_to_the_world,
    data_stands_where_the_internet_does_not_reach,
    everything_is_encrypted,
    buckets_are_private_and_keep_versions,
    everything_is_tagged,
    roles_may_do_no_more_than_they_must,
    each_service_reads_its_own_secrets_only,
    secrets_stand_in_clear_nowhere,
    secrets_hold_what_containers_ask_for,
    task_definitions_are_what_ecs_takes,
    containers_are_confined_and_stop_in_peace,
    containers_have_all_their_settings,
    each_process_has_the_rights_of_its_own_role,
    nothing_starts_before_the_migration,
    waiting_jobs_are_never_evicted,
    ports_agree_from_door_to_data,
    tasks_reach_the_internet,
    subnets_lie_inside_the_network_and_apart,
    production_is_not_lost_by_mistake,
    logs_are_kept_for_a_time,
    names_are_short_enough,
)


def _containers(definition: Resource) -> list[dict[str, Any]]:
    containers: list[dict[str, Any]] = json.loads(definition.inputs["containerDefinitions"])
    return containers


def _statements(policy: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(policy).get("Statement", [])
    return statements


def _policy_of(graph: Graph, role_arn: str) -> list[dict[str, Any]]:
    role = role_arn.removesuffix(".arn") + ".id"
    return [
        statement
        for policy in graph.of("RolePolicy")
        if policy.inputs["role"] == role
        for statement in _statements(policy.inputs["policy"])
    ]


def _secret_arn(value_from: str) -> str:
    """The ARN that a role must be allowed to read for a `valueFrom`, with or without a key."""
    if not value_from.endswith("::"):
        return value_from
    return value_from.removesuffix("::").rpartition(":")[0]


def _denies_plain_http(statement: dict[str, Any]) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Action"] == "s3:*"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    )


def _parameter(graph: Graph, family: str, name: str) -> str | None:
    for group in graph.of("ParameterGroup"):
        if group.inputs["family"].startswith(family):
            for parameter in group.inputs.get("parameters", []):
                if parameter["name"] == name:
                    return str(parameter["value"])
    return None


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@cache
def _register_task_definition() -> Any:
    """The shape of the call in AWS's own service model."""
    model = get_session().get_service_model("ecs")
    return model.operation_model("RegisterTaskDefinition").input_shape
