"""Real web and worker processes: one trace, one log, one tally."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from gestral.db.migrate import upgrade
from gestral.embedded import running

HERE = Path(__file__).parent
TOKEN = "the-token-of-the-metrics"
SECRET = "a secret of this test, and of it alone"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds; fail when it does not for a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class Receiver(ThreadingHTTPServer):
    """Takes OTLP over HTTP, as a collector does."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        received = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    service = next(
                        one.value.string_value
                        for one in resource.resource.attributes
                        if one.key == "service.name"
                    )
                    for scope in resource.scope_spans:
                        received.extend((service, span) for span in scope.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def installed(folder: Path) -> Path:
    """Make a folder that a Python takes for one with the plugin `traced` installed."""
    metadata = folder / "traced-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "toy_traced.py").write_text((HERE / "toy_traced.py").read_text())
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: traced\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[gestral.plugins]\ntraced = toy_traced:plugin\n")
    return folder


def test_one_trace_leads_through_real_processes_whose_logs_and_counts_agree(
    tmp_path: Path, receiver: Receiver
) -> None:
    from gestral.app.core_plugin import core_plugin

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    logs = {kind: tmp_path / f"{kind}.log" for kind in ("web", "worker")}
    with running(tmp_path / "services") as services:
        upgrade(services.database_owner_url, (core_plugin,))
        environment = {
            **os.environ,
            "PYTHONPATH": str(installed(tmp_path / "installed")),
            "GESTRAL_PLUGINS_OFF": "auth,email,video",
            "GESTRAL_DATA": str(tmp_path / "data"),
            "GESTRAL_DATABASE_URL": services.database_url,
            "GESTRAL_REDIS_URL": services.redis_url,
            "GESTRAL_STORAGE_URL": (tmp_path / "files").as_uri(),
            "GESTRAL_SECRET": SECRET,
            "GESTRAL_METRICS_TOKEN": TOKEN,
            "GESTRAL_PORT": str(port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.server_port}",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        processes = []
        for kind, log in logs.items():
            with log.open("wb") as stream:
                process = subprocess.Popen(
                    [sys.executable, "-m", "gestral.cli", kind],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=stream,
                )
            processes.append(process)
        try:
            until(lambda: answers(f"{address}/health/ready"), "the web server is ready")
            asked = httpx.post(
                f"{address}/api/v1/traced/ask",
                headers={
                    "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
                    "X-Request-Id": "order-1",
                },
            )
            job_id = asked.json()["id"]
            until(lambda: "traced.work" in names(receiver), "the attempt's span arrives")
            until(lambda: finished(address) == 1, "the worker tells what it did")
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            codes = [process.wait(60) for process in processes]
    assert codes == [0, 0]
    mine = {span.name: (service, span) for service, span in in_trace(receiver)}
    web, request = mine["POST /api/v1/traced/ask"]
    worker, attempt = mine["traced.work"]
    assert (web, worker) == ("gestral-web", "gestral-worker")
    assert attempt.parent_span_id == request.span_id
    assert [event.name for event in attempt.events] == ["Working"]
    assert "INSERT" in mine

    lines = {kind: log.read_text().splitlines() for kind, log in logs.items()}
    for line in (*lines["web"], *lines["worker"]):
        assert isinstance(json.loads(line), dict)
        assert SECRET not in line
        assert TOKEN not in line
    (access,) = [one for one in map(json.loads, lines["web"]) if one.get("request_id") == "order-1"]
    assert access["trace_id"] == TRACE
    assert access["status"] == 201
    (end,) = [one for one in map(json.loads, lines["worker"]) if one.get("job_id") == job_id]
    assert end["trace_id"] == TRACE
    assert end["outcome"] == "done"


def answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False


def names(receiver: Receiver) -> set[str]:
    return {span.name for _, span in receiver.spans}


def in_trace(receiver: Receiver) -> list[tuple[str, Span]]:
    return [(service, one) for service, one in receiver.spans if one.trace_id.hex() == TRACE]


def finished(address: str) -> float:
    """Return how many attempts at the toy's job the web process knows to be done."""
    page = httpx.get(f"{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == "gestral_jobs_finished_total"
        and sample.labels == {"name": "traced.work", "outcome": "done"}
    )
