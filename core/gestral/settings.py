"""Settings: the environment's `GESTRAL_*` variables, read once into typed structs.

| Variable                       | Meaning                                                    |
|--------------------------------|------------------------------------------------------------|
| `GESTRAL_DATA`                 | folder of embedded services, stored files and caches       |
| `GESTRAL_DATABASE_URL`         | PostgreSQL, as the role that the application runs under    |
| `GESTRAL_DATABASE_OWNER_URL`   | PostgreSQL, as the role that migrates; not needed to serve |
| `GESTRAL_REDIS_URL`            | Valkey or Redis, for the queue and live progress           |
| `GESTRAL_STORAGE_URL`          | `file:///folder` or `s3://bucket/prefix`                   |
| `GESTRAL_SECRET`               | signs addresses of files; at least 32 characters           |
| `GESTRAL_PUBLIC_URL`           | the address that people use, without a path                |
| `GESTRAL_HOST`, `GESTRAL_PORT` | where the web server listens                               |
| `GESTRAL_CONNECTIONS`          | connections that the web server holds open at once         |
| `GESTRAL_KEEP_ALIVE_SECONDS`   | seconds for which it waits for a request's head on one     |
| `GESTRAL_REQUEST_SECONDS`      | seconds that a request may take until its answer begins    |
| `GESTRAL_REQUESTS_AT_ONCE`     | requests of one process that may wait for their answers    |
| `GESTRAL_PLUGINS_OFF`          | names of plugins to leave switched off, by commas          |
| `GESTRAL_ALLOW_NETWORKS`       | private networks that posts may be read from, by commas    |
| `GESTRAL_ALLOW_PORTS`          | ports that posts may be read from, by commas               |
| `GESTRAL_JOBS_PER_ORGANISATION` | jobs of a queue that one organisation may have under way |
| `GESTRAL_JOBS_KEPT_DAYS`       | days for which the record of a finished job is kept        |
| `GESTRAL_DRAIN_SECONDS`        | seconds that running jobs are given to end at a stop       |
| `GESTRAL_METRICS_TOKEN`        | bearer token of `/metrics`, which is shut while it is empty |
| `GESTRAL_LOG_FORMAT`           | `text` or `json`; text on a terminal and else JSON when empty |
| `GESTRAL_LOG_LEVEL`            | `debug`, `info`, `warning` or `error`                      |

A plugin's settings are read the same way from `GESTRAL_<NAME>_<FIELD>`.
"""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_origin, get_type_hints

import msgspec

from gestral.errors import ConfigurationError

__all__ = ("PREFIX", "LogSettings", "Settings", "read_settings", "to_environment")

PREFIX = "GESTRAL_"
MINIMUM_SECRET = 32

S = TypeVar("S", bound=msgspec.Struct)


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a process logs: a part of its own, for it is read before all else."""

    log_format: Literal["", "text", "json"] = ""
    log_level: Literal["", "debug", "info", "warning", "error"] = ""


class Settings(LogSettings, frozen=True, kw_only=True):
    """Core's own settings; the module's docstring says what each means."""

    data: Path
    database_url: str
    redis_url: str
    storage_url: str
    secret: str
    database_owner_url: str = ""
    public_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    connections: Annotated[int, msgspec.Meta(ge=1)] = 900
    keep_alive_seconds: Annotated[float, msgspec.Meta(gt=0)] = 75.0
    request_seconds: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    requests_at_once: Annotated[int, msgspec.Meta(ge=1)] = 500
    plugins_off: tuple[str, ...] = ()
    allow_networks: tuple[str, ...] = ()
    allow_ports: tuple[int, ...] = (80, 443)
    jobs_per_organisation: int = 0
    jobs_kept_days: int = 30
    drain_seconds: float = 5.0
    metrics_token: str = ""

    def __post_init__(self) -> None:
        """Refuse what could only fail later.

        Raises:
            ConfigurationError: A value cannot be used.
        """
        if len(self.secret) < MINIMUM_SECRET:
            raise ConfigurationError(
                f"GESTRAL_SECRET has {len(self.secret)} characters.",
                hint=f"Set it to at least {MINIMUM_SECRET} random ones.",
            )
        for network in self.allow_networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ConfigurationError(
                    f"GESTRAL_ALLOW_NETWORKS names {network!r}, which is no network.",
                    hint="Write networks as 10.1.0.0/16, separated by commas.",
                ) from error


def read_settings(kind: type[S], environment: Mapping[str, str], *, prefix: str = PREFIX) -> S:
    """Read a struct of settings from the environment.

    Args:
        kind: A struct whose fields are the settings, with defaults where there are any. A field of
            a tuple type is written with commas.
        environment: Usually `os.environ`.
        prefix: What the variables' names begin with.

    Raises:
        ConfigurationError: A variable is missing or has a value that its field cannot take.
    """
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for name in kind.__struct_fields__:
        text = environment.get(prefix + name.upper())
        if text is None or (text == "" and not _is_text(hints[name])):
            continue
        found[name] = _split(text) if get_origin(hints[name]) is tuple else text
    try:
        return msgspec.convert(found, kind, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigurationError(_explain(error, found, prefix)) from error


def to_environment(settings: msgspec.Struct, *, prefix: str = PREFIX) -> dict[str, str]:
    """Write settings as the variables that `read_settings` reads back as the same struct."""
    written = {}
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        written[prefix + name.upper()] = text
    return written


def _is_text(hint: Any) -> bool:
    return hint is str


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _decode(kind: type, value: Any) -> Any:
    if kind is Path and value:
        return Path(value).expanduser().absolute()
    raise ValueError(f"expected {kind.__name__}")


def _explain(error: msgspec.ValidationError, found: Mapping[str, Any], prefix: str) -> str:
    """Turn msgspec's `Expected `int`, got `str` - at `$.port`` into the name of the variable."""
    message = str(error)
    if message.startswith("Object missing required field"):
        field = message.split("`")[1]
        return f"{prefix}{field.upper()} is not set."
    problem, _, path = message.partition(" - at `$.")
    field = path.rstrip("`").split("[")[0]
    if field not in found:
        return message
    return f"{prefix}{field.upper()} is {found[field]!r}, which will not do: {problem}."
