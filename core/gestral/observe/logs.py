"""The log: one configuration for web, worker and commands, as text or as JSON, without secrets."""

import datetime as dt
import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

from gestral.observe.context import present
from gestral.observe.masking import MASK, is_secret_name, mask
from gestral.settings import LogSettings, read_settings

__all__ = ("ACCESS", "ATTEMPTS", "GRANIAN", "configure")

ACCESS = "gestral.access"
"""The logger of requests."""

ATTEMPTS = "gestral.attempts"
"""The logger of attempts at jobs that ended."""

GRANIAN: dict[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}
"""What is given to the web server, so that its lines come out as all others do."""

LOUD = {"saq": logging.ERROR, "alembic": logging.WARNING, "botocore": logging.WARNING}
"""Loggers of others, and from which level on they say what an operator can use."""

_JSON = json.JSONEncoder(ensure_ascii=False, default=str)

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(environment: Mapping[str, str], *, usual: str = "info") -> None:
    """Have this process log to standard error as `GESTRAL_LOG_FORMAT` and `_LEVEL` say.

    Args:
        environment: Usually `os.environ`.
        usual: The level where none is set.

    Raises:
        ConfigurationError: A variable has a value that it cannot have.
    """
    settings = read_settings(LogSettings, environment)
    kind = settings.log_format or ("text" if sys.stderr.isatty() else "json")
    level = (settings.log_level or usual).upper()
    handler = _Handler()
    handler.setFormatter(JsonFormatter() if kind == "json" else TextFormatter())
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level)
    debugging = level == "DEBUG"
    for name, least in LOUD.items():
        logging.getLogger(name).setLevel(logging.NOTSET if debugging else least)
    # A person at a terminal follows what goes wrong; who collects JSON looks for requests too.
    wants_all = kind == "json" or debugging
    for name in (ACCESS, ATTEMPTS):
        logging.getLogger(name).setLevel(logging.NOTSET if wants_all else logging.WARNING)


class _Handler(logging.StreamHandler[Any]):
    """A class of its own, so that a second configuration finds the first one's."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record: its fields, those of the moment, and its traceback."""
        fields: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
            **present(),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                fields[name] = MASK if is_secret_name(name) else _plain(value)
        if problem := _problem(self, record):
            fields["exception"] = problem
        return _JSON.encode(fields)


class TextFormatter(logging.Formatter):
    """A line for people, with the ids of the moment at its end."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, and its traceback below."""
        ids = " ".join(f"{name}={value}" for name, value in present().items())
        line = mask(f"{record.levelname} {record.name}: {record.getMessage()}")
        # What comes from outside may not begin a line of its own.
        line = line.replace("\r", "\\r").replace("\n", "\\n")
        return "\n".join(filter(None, (f"{line} [{ids}]" if ids else line, _problem(self, record))))


def _time(record: logging.LogRecord) -> str:
    """Return when it happened, as RFC 3339 has it, in UTC."""
    moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
    return f"{moment.isoformat(timespec='milliseconds')[:23]}Z"


def _problem(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if not record.exc_info and not record.stack_info:
        return ""
    parts = []
    if record.exc_info and record.exc_info[0] is not None:
        parts.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        parts.append(record.stack_info)
    return mask("\n".join(parts))


def _plain(value: object) -> object:
    """Return a value that JSON has, without secrets."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return mask(str(value))
