"""Nothing but the fetcher opens foreign addresses: what else connects is named with the reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = (ROOT / "core" / "gestral", *sorted(ROOT.glob("plugins/*/gestral_*")))

CLIENTS = (
    *("aiohttp", "aiosmtplib", "asyncssh", "boto3", "botocore", "ftplib", "grpc", "http.client"),
    *("http2", "httpcore", "httplib2", "httpx", "imaplib", "niquests", "paramiko", "poplib"),
    *("pycurl", "requests", "smtplib", "socket", "socketserver", "telnetlib", "treq"),
    *("trafilatura.downloads", "urllib.request", "urllib3", "websocket", "websockets", "xmlrpc"),
)

ALLOWED = {
    "core/gestral/http/exchange.py": {"aiohttp", "socket"},  # the way out itself
    "core/gestral/http/fetcher.py": {"aiohttp"},  # types of it
    "core/gestral/storage/s3.py": {"boto3", "botocore"},  # the operator's bucket
    "core/gestral/storage/__init__.py": {"urllib.request"},  # `url2pathname`, for the local folder
    "core/gestral/embedded/_servers.py": {"socket"},  # unix sockets of the embedded services
    "core/gestral/cli/up.py": {"socket", "urllib.request"},  # whether this machine's server answers
    "core/gestral/testing/kit.py": {"httpx"},  # tests talk to the application within the process
    "core/gestral/testing/tenants.py": {"httpx"},  # likewise
    "core/gestral/testing/proxy.py": {"socket"},  # cuts a test's own connection
    "plugins/email/gestral_email/ses.py": {"boto3", "botocore"},  # Amazon SES
    "plugins/email/gestral_email/smtp.py": {"aiosmtplib"},  # the operator's mail server
}

CALLS = {"create_connection", "open_connection", "sock_connect", "urlopen", "urlretrieve"}
"""What connects without the import of a client."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for file in package.rglob("*.py"):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield what a module imports, anywhere in it, as it would be written in full."""
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom) and part.module and not part.level:
            yield from (f"{part.module}.{alias.name}" for alias in part.names)


def clients(tree: ast.Module) -> set[str]:
    names = set(imported(tree))
    return {one for one in CLIENTS if any(f"{name}.".startswith(f"{one}.") for name in names)}


def test_only_the_fetcher_and_the_operators_own_services_are_connected_to() -> None:
    found = {path: used for path, tree in sources() if (used := clients(tree))}
    assert found == ALLOWED


def test_nothing_connects_without_a_client() -> None:
    calls = {
        (path, part.func.attr)
        for path, tree in sources()
        for part in ast.walk(tree)
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and part.func.attr in CALLS
    }
    assert calls == {
        ("core/gestral/cli/up.py", "urlopen"),  # whether the server that it started answers yet
        ("core/gestral/testing/proxy.py", "create_connection"),  # to the server under test
    }


def test_an_import_of_any_form_is_seen() -> None:
    for line in (
        "import httpx",
        "import httpx as h",
        "from httpx import AsyncClient",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "def f():\n    import requests.adapters",
    ):
        assert clients(ast.parse(line)), line
    assert not clients(ast.parse("from urllib.parse import urlsplit\nimport aiohttp_not"))
