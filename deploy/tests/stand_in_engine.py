# ruff: noqa: N802 - methods of a gRPC service have the names of its protocol
"""A stand-in for Pulumi's engine: it runs the unmodified program and records what it asks for.

The program runs in the SDK's own language host and talks gRPC to the two services that the real
engine offers. Nothing is created. What a resource would know only after its creation is answered
in one of two ways: `UPDATE` answers with a reference to it (`ec2.Subnet.<name>.id`), so that a
text built from it can be read; `PREVIEW` does not answer at all, as on the first preview of a
stack, and everything built from it stays unknown.
"""

import importlib
import json
import runpy
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import grpc
import pulumi.automation._server as language_host
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    language_pb2,
    resource_pb2,
    resource_pb2_grpc,
)

PROGRAM = Path(__file__).parents[1] / "__main__.py"
PROJECT = "gestral"
ACCOUNT = "111122223333"

_ANSWERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "aws:index/getAvailabilityZones:getAvailabilityZones": {
            "names": ["zone-a", "zone-b", "zone-c"]
        },
        "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    }
)
"""What the provider's functions say. One that is not here fails the program."""


class Mode(Enum):
    UPDATE = "update"
    PREVIEW = "preview"


class Unknown:
    """The one value that a preview knows nothing about."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Unknown":
        return self


UNKNOWN = Unknown()


@dataclass
class Resource:
    """One resource as the program asked for it.

    `inputs` has Pulumi's own (camelCase) names; `secret` names the inputs marked as secret.
    """

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    provider: str
    protect: bool
    inputs: dict[str, Any]
    secret: set[str]
    depends_on: set[str]

    def reference(self, output: str) -> str:
        """What stands in other resources for an output of this one."""
        _, module, kind = self.type.split(":")
        return f"{module.split('/')[0]}.{kind}.{self.name}.{output}"


@dataclass
class Graph:
    """All resources of one run in the order of their registration, and the stack's outputs."""

    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    error: str = ""

    def of(self, type_: str) -> list[Resource]:
        """What a provider would make of a type, named by the end of its token: `SecurityGroup`."""
        return [r for r in self.resources if r.custom and r.type.rpartition(":")[2] == type_]

    def one(self, type_: str, ending: str = "") -> Resource:
        """The only resource of a type (whose name ends like this)."""
        (found,) = [r for r in self.of(type_) if r.name.endswith(ending)]
        return found

    def aws(self) -> Iterator[Resource]:
        """Everything that AWS would be asked to make."""
        return (r for r in self.resources if r.type.startswith("aws:"))


def run(settings: Mapping[str, Any] | None, *, stack: str = "production", mode: Mode) -> Graph:
    """Run the program with these settings under the stand-in engine."""
    monitor = _Monitor(stack, mode)
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(_Engine(monitor.graph), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        config = {} if settings is None else {f"{PROJECT}:settings": json.dumps(settings)}
        answer = language_host.LanguageServer(_program).Run(
            language_pb2.RunRequest(
                project=PROJECT,
                stack=stack,
                monitor_address=address,
                args=[address],
                config=config,
                dryRun=mode is Mode.PREVIEW,
                parallel=4,
            ),
            None,
        )
    finally:
        server.stop(grace=None).wait()
    monitor.graph.error = answer.error
    return monitor.graph


def _program() -> None:
    """`__main__.py` as Pulumi would run it: its folder first on the path."""
    sys.path.insert(0, str(PROGRAM.parent))
    try:
        runpy.run_path(str(PROGRAM), run_name="__main__")
    finally:
        sys.path.remove(str(PROGRAM.parent))


class _Engine(engine_pb2_grpc.EngineServicer):
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._root = ""

    def Log(self, request: Any, context: Any) -> Any:
        if request.severity >= engine_pb2.WARNING:
            self._graph.messages.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()


class _Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    def __init__(self, stack: str, mode: Mode) -> None:
        self.graph = Graph()
        self._stack = stack
        self._mode = mode

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo(
            project=PROJECT,
            stack=self._stack,
            dryRun=self._mode is Mode.PREVIEW,
            supportedFeatures=[
                resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
                resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
                resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
            ],
        )

    def Invoke(self, request: Any, context: Any) -> Any:
        if request.tok not in _ANSWERS:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"nobody answers {request.tok}")
        if not request.provider:
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"{request.tok} asks whatever account and region the machine is set to",
            )
        answer = struct_pb2.Struct()
        answer.update(_ANSWERS[request.tok])
        return resource_pb2.ResourceInvokeResponse(**{"return": answer})

    def RegisterResource(self, request: Any, context: Any) -> Any:
        chain = request.parent.split("::")[2] + "$" if request.parent else ""
        if chain.startswith("pulumi:pulumi:Stack$"):
            chain = ""
        urn = f"urn:pulumi:{self._stack}::{PROJECT}::{chain}{request.type}::{request.name}"
        if any(resource.urn == urn for resource in self.graph.resources):
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"duplicate resource {urn}")
        raw = json_format.MessageToDict(request.object)
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            provider=request.provider,
            protect=request.protect,
            inputs={key: _plain(value) for key, value in raw.items()},
            secret={key for key, value in raw.items() if _holds_secret(value)},
            depends_on=set(request.dependencies),
        )
        self.graph.resources.append(resource)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if self._mode is Mode.PREVIEW:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        state = struct_pb2.Struct()
        state.update(_references(resource) | raw)
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=resource.reference("id"), object=state
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        if "pulumi:pulumi:Stack::" in request.urn:
            self.graph.outputs = _plain(json_format.MessageToDict(request.outputs))
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


def _references(resource: Resource) -> dict[str, Any]:
    """A reference for each text that the resource's class in the SDK promises."""
    package, module, kind = resource.type.split(":")
    if package == "pulumi":
        return {}
    folder = module.split("/")[0]
    found = importlib.import_module(
        f"pulumi_{package}" if folder == "index" else f"pulumi_{package}.{folder}"
    )
    return {
        output: resource.reference(output)
        for output, returns in _outputs(getattr(found, kind))
        if "Output[str]" in returns.replace("_builtins.", "").replace("pulumi.", "")
    }


def _outputs(cls: type) -> Iterator[tuple[str, str]]:
    for attribute in vars(cls).values():
        getter = getattr(attribute, "fget", None)
        if name := getattr(getter, "_pulumi_name", None):
            yield name, str(getter.__annotations__.get("return", ""))


def _plain(value: Any) -> Any:
    """A value as the program meant it, without the marks of the wire."""
    if value == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return _plain(value["value"])
        return {key: _plain(item) for key, item in value.items()}
    # Numbers travel as floating point; here all are whole.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _holds_secret(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_holds_secret, value))
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return True
        return any(map(_holds_secret, value.values()))
    return False
