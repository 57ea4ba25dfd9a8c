"""The program, run whole under the stand-in engine, and the rules for what it asks for."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import rules
from stack_settings import settings
from stand_in_engine import UNKNOWN, Graph, Mode, Resource, run

SIZES = ("small", "medium", "large")

GraphOf = Callable[[str, Mode], Graph]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_rule_holds(rule: rules.Rule, size: str, graph_of: GraphOf) -> None:
    graph = graph_of(size, Mode.UPDATE)
    assert not graph.error
    assert list(rule(graph)) == []


@pytest.mark.parametrize("size", SIZES)
def test_the_first_preview_shows_all_that_the_update_makes(size: str, graph_of: GraphOf) -> None:
    preview, update = graph_of(size, Mode.PREVIEW), graph_of(size, Mode.UPDATE)
    assert not preview.error
    assert sorted(r.urn for r in preview.resources) == sorted(r.urn for r in update.resources)
    assert preview.one("TaskDefinition", "-web").inputs["containerDefinitions"] is UNKNOWN
    assert preview.messages == update.messages == []


def test_the_graph_is_the_same_each_time(graph_of: GraphOf) -> None:
    again = run(settings(size="medium"), mode=Mode.UPDATE)
    assert _inputs(again) == _inputs(graph_of("medium", Mode.UPDATE))


def test_a_small_stack_pays_for_no_nat_gateway(graph_of: GraphOf) -> None:
    counts = [len(graph_of(size, Mode.UPDATE).of("NatGateway")) for size in SIZES]
    assert counts == [0, 1, 2]


def test_operators_are_told_where_the_platform_is(graph_of: GraphOf) -> None:
    outputs = graph_of("small", Mode.UPDATE).outputs
    assert outputs["url"] == "https://videos.example.org"
    assert outputs["storage"].endswith("/objects?region=eu-central-1")
    assert len(outputs["services"]) == 2


def test_a_trial_without_certificate_serves_http_at_the_load_balancers_name() -> None:
    graph = run(
        settings(domain=None, certificateArn=None, plainHttp=True, deletionProtection=False),
        stack="trial",
        mode=Mode.UPDATE,
    )
    assert not graph.error
    (listener,) = graph.of("Listener")
    assert listener.inputs["protocol"] == "HTTP"
    assert graph.outputs["url"] == f"http://{graph.one('LoadBalancer').reference('dnsName')}"
    assert graph.one("Instance").inputs["deletionProtection"] is False
    assert graph.one("Instance").protect is False


def test_an_operators_own_settings_and_counts_reach_the_tasks() -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:smtp-abc"
    graph = run(
        settings(
            environment={"GESTRAL_EMAIL_SENDER": "videos@example.org"},
            secrets={"GESTRAL_EMAIL_PASSWORD": arn},
            workerCount=0,
            tags={"Team": "publishing"},
        ),
        mode=Mode.UPDATE,
    )
    assert [v for rule in rules.RULES for v in rule(graph)] == []
    for definition in graph.of("TaskDefinition"):
        for container in json.loads(definition.inputs["containerDefinitions"]):
            if container["name"] == "bootstrap":
                continue
            assert {
                "name": "GESTRAL_EMAIL_SENDER",
                "value": "videos@example.org",
            } in container["environment"]
            assert {"name": "GESTRAL_EMAIL_PASSWORD", "valueFrom": arn} in container["secrets"]
    worker = graph.one("Service", "-worker")
    assert worker.inputs["desiredCount"] == 0
    assert json.loads(graph.one("aws").inputs["defaultTags"])["tags"]["Team"] == "publishing"


def test_a_refused_configuration_stops_the_program_before_anything_is_made() -> None:
    graph = run(settings(image="registry.example.org/gestral:latest"), mode=Mode.PREVIEW)
    assert "sha256" in graph.error
    assert "Traceback" not in graph.error
    assert list(graph.aws()) == []


@pytest.mark.parametrize("stack", ["", "Production", "a-much-too-long-name", "7", "dev_1"])
def test_a_stack_whose_name_fits_nowhere_is_refused(stack: str) -> None:
    graph = run(settings(), stack=stack, mode=Mode.PREVIEW)
    assert "stack's name" in graph.error
    assert list(graph.aws()) == []


def test_a_stack_without_settings_is_told_where_to_write_them() -> None:
    graph = run(None, mode=Mode.PREVIEW)
    assert "gestral:settings" in graph.error


def _inputs(graph: Graph) -> dict[str, Any]:
    return {resource.urn: (resource.inputs, resource.provider) for resource in graph.resources}


Plant = Callable[[Graph], None]


def _set(type_: str, key: str, value: Any, ending: str = "") -> Plant:
    def plant(graph: Graph) -> None:
        found = [r for r in graph.of(type_) if r.name.endswith(ending)]
        found[0].inputs[key] = value

    return plant


def _in_container(key: str, value: Any, name: str = "web", task: str = "web") -> Plant:
    def plant(graph: Graph) -> None:
        definition = graph.one("TaskDefinition", f"-{task}")
        containers = json.loads(definition.inputs["containerDefinitions"])
        container = next(c for c in containers if c["name"] == name)
        container[key] = value
        definition.inputs["containerDefinitions"] = json.dumps(containers)

    return plant


def _in_policy(ending: str, **changes: Any) -> Plant:
    def plant(graph: Graph) -> None:
        policy = graph.one("RolePolicy", ending)
        document = json.loads(policy.inputs["policy"])
        document["Statement"][0].update(changes)
        policy.inputs["policy"] = json.dumps(document)

    return plant


def _without(type_: str) -> Plant:
    def plant(graph: Graph) -> None:
        graph.resources = [r for r in graph.resources if r not in graph.of(type_)]

    return plant


def _database_in_public_subnets(graph: Graph) -> None:
    public = [s.reference("id") for s in graph.of("Subnet") if "-public-" in s.name]
    group = next(g for g in graph.of("SubnetGroup") if g.type.startswith("aws:rds"))
    group.inputs["subnetIds"] = public


def _password_in_the_environment(graph: Graph) -> None:
    password = graph.of("RandomPassword")[0].reference("result")
    _in_container("environment", [{"name": "PASSWORD", "value": password}])(graph)


def _owner_for_workers(graph: Graph) -> None:
    owner = graph.one("SecretVersion", "-migration").reference("secretArn")
    policy = graph.one("RolePolicy", "-worker-execution")
    document = json.loads(policy.inputs["policy"])
    document["Statement"][1]["Resource"].append(owner)
    policy.inputs["policy"] = json.dumps(document)


def _forgotten_password(graph: Graph) -> None:
    version = graph.one("SecretVersion", "-migration")
    values = json.loads(version.inputs["secretString"])
    del values["PGPASSWORD"]
    version.inputs["secretString"] = json.dumps(values)


def _everything_for_the_web(graph: Graph) -> None:
    definition = graph.one("TaskDefinition", "-web")
    bootstrap, migrate, web = json.loads(definition.inputs["containerDefinitions"])
    web["secrets"] += migrate["secrets"]
    definition.inputs["containerDefinitions"] = json.dumps([bootstrap, migrate, web])


def _eviction(graph: Graph) -> None:
    for group in graph.of("ParameterGroup"):
        if group.inputs["family"].startswith("valkey"):
            group.inputs["parameters"] = [{"name": "maxmemory-policy", "value": "allkeys-lru"}]


def _overlapping_subnets(graph: Graph) -> None:
    one, other = graph.of("Subnet")[:2]
    other.inputs["cidrBlock"] = one.inputs["cidrBlock"]


def _workers_at_once(graph: Graph) -> None:
    worker = graph.one("Service", "-worker")
    worker.depends_on = set()


def _untagged(graph: Graph) -> None:
    graph.one("Vpc").provider = ""


def _unprotected(graph: Graph) -> None:
    graph.one("Instance").protect = False


def _secret_shown(graph: Graph) -> None:
    def shown(resource: Resource) -> None:
        resource.secret = set()

    shown(graph.of("SecretVersion")[0])


MISTAKES: dict[str, tuple[rules.Rule, Plant]] = {
    "a database in public subnets": (
        rules.data_stands_where_the_internet_does_not_reach,
        _database_in_public_subnets,
    ),
    "a public database": (
        rules.only_the_load_balancer_is_open_to_the_world,
        _set("Instance", "publiclyAccessible", True),
    ),
    "a cache open to the world": (
        rules.only_the_load_balancer_is_open_to_the_world,
        _set("SecurityGroupIngressRule", "cidrIpv4", "0.0.0.0/0", "-web-to-cache"),
    ),
    "SSH through the load balancer": (
        rules.only_the_load_balancer_is_open_to_the_world,
        _set("SecurityGroupIngressRule", "fromPort", 22, "-lb-80"),
    ),
    "a database in clear": (
        rules.everything_is_encrypted,
        _set("Instance", "storageEncrypted", False),
    ),
    "a cache without TLS": (
        rules.everything_is_encrypted,
        _set("ReplicationGroup", "transitEncryptionEnabled", False),
    ),
    "a page in clear": (
        rules.everything_is_encrypted,
        _set("Listener", "defaultActions", [{"type": "forward"}], "-http"),
    ),
    "old TLS": (
        rules.everything_is_encrypted,
        _set("Listener", "sslPolicy", "ELBSecurityPolicy-2016-08", "-https"),
    ),
    "a bucket that may become public": (
        rules.buckets_are_private_and_keep_versions,
        _set("BucketPublicAccessBlock", "restrictPublicBuckets", False),
    ),
    "a bucket without its policy": (
        rules.buckets_are_private_and_keep_versions,
        _without("BucketPolicy"),
    ),
    "a bucket without versions": (
        rules.buckets_are_private_and_keep_versions,
        _without("BucketVersioning"),
    ),
    "a resource without tags": (rules.everything_is_tagged, _untagged),
    "a wildcard action": (
        rules.roles_may_do_no_more_than_they_must,
        _in_policy("-web-task", Action="s3:*"),
    ),
    "a wildcard resource": (
        rules.roles_may_do_no_more_than_they_must,
        _in_policy("-worker-execution", Resource="*"),
    ),
    "the owner's password for workers": (
        rules.each_service_reads_its_own_secrets_only,
        _owner_for_workers,
    ),
    "a password in the environment": (
        rules.secrets_stand_in_clear_nowhere,
        _password_in_the_environment,
    ),
    "a secret that is not marked": (rules.secrets_stand_in_clear_nowhere, _secret_shown),
    "a secret without a password": (
        rules.secrets_hold_what_containers_ask_for,
        _forgotten_password,
    ),
    "the owner's rights for the web": (
        rules.each_process_has_the_rights_of_its_own_role,
        _everything_for_the_web,
    ),
    "a misspelt key of a container": (
        rules.task_definitions_are_what_ecs_takes,
        _in_container("readOnlyRootFileSystem", True),
    ),
    "a number where text belongs": (
        rules.task_definitions_are_what_ecs_takes,
        _in_container("command", ["gestral", 1]),
    ),
    "an impossible pair of CPU and memory": (
        rules.task_definitions_are_what_ecs_takes,
        _set("TaskDefinition", "memory", "512", "-worker"),
    ),
    "a worker killed after 30 seconds": (
        rules.containers_are_confined_and_stop_in_peace,
        _in_container("stopTimeout", 30, "worker", "worker"),
    ),
    "an image by its tag": (
        rules.containers_are_confined_and_stop_in_peace,
        _in_container("image", "gestral:latest"),
    ),
    "a forgotten setting": (
        rules.containers_have_all_their_settings,
        _in_container("secrets", [], "worker", "worker"),
    ),
    "web that does not wait": (
        rules.nothing_starts_before_the_migration,
        _in_container("dependsOn", []),
    ),
    "a migration whose end ends the task": (
        rules.nothing_starts_before_the_migration,
        _in_container("essential", True, "migrate"),
    ),
    "workers before the migration": (rules.nothing_starts_before_the_migration, _workers_at_once),
    "a rollout without a way back": (
        rules.nothing_starts_before_the_migration,
        _set("Service", "deploymentCircuitBreaker", {"enable": True, "rollback": False}),
    ),
    "jobs that are evicted": (rules.waiting_jobs_are_never_evicted, _eviction),
    "a port where nobody listens": (
        rules.ports_agree_from_door_to_data,
        _in_container("portMappings", [{"containerPort": 8080}]),
    ),
    "a health check that does not exist": (
        rules.ports_agree_from_door_to_data,
        _set("TargetGroup", "healthCheck", {"path": "/healthz"}),
    ),
    "a database behind the wrong port": (
        rules.ports_agree_from_door_to_data,
        _set("Instance", "port", 5433),
    ),
    "tasks without a way out": (rules.tasks_reach_the_internet, _without("Route")),
    "a subnet outside the network": (
        rules.subnets_lie_inside_the_network_and_apart,
        _set("Subnet", "cidrBlock", "10.43.0.0/20"),
    ),
    "subnets that overlap": (
        rules.subnets_lie_inside_the_network_and_apart,
        _overlapping_subnets,
    ),
    "a database that Pulumi may delete": (rules.production_is_not_lost_by_mistake, _unprotected),
    "a database without a last snapshot": (
        rules.production_is_not_lost_by_mistake,
        _set("Instance", "skipFinalSnapshot", True),
    ),
    "logs for ever": (rules.logs_are_kept_for_a_time, _set("LogGroup", "retentionInDays", None)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_caught(mistake: str, graph_of: GraphOf) -> None:
    rule, plant = MISTAKES[mistake]
    graph = copy.deepcopy(graph_of("small", Mode.UPDATE))
    assert list(rule(graph)) == []
    plant(graph)
    assert list(rule(graph)) != []
