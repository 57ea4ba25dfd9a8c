"""The log: one configuration for web, worker and commands, as text or as JSON, without secrets."""

import datetime as dt
import json
import logging
import sys
import uuid
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from functools import lru_cache
from typing import Any

import msgspec

from gestral.observe.context import present
from gestral.observe.masking import MASK, is_secret_name, mask
from gestral.settings import LogSettings, read_settings

__all__ = (
    "ACCESS",
    "ATTEMPTS",
    "GRANIAN",
    "Handler",
    "RequestLine",
    "configure",
    "flush",
    "moment",
    "only_handler",
)

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

SOON = 0.1
"""Seconds for which the lines of requests may wait to be written together."""

MOST = 200
"""Lines that wait at most."""

_ENCODER = msgspec.json.Encoder()
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
    handler = Handler()
    handler.setFormatter(JsonFormatter() if kind == "json" else TextFormatter())
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one, Handler)]:
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


def flush() -> None:
    """Write what waits to be written; at the end of a process that may not come to its own end."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Handler):
            handler.flush()


class RequestLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The line of a request, as `JsonFormatter` would write it.

    Attributes:
        time: When it was answered.
        level: That of the line.
        logger: `ACCESS`.
        message: What a person reads.
        request_id: Its id.
        method: Of HTTP.
        path: Never with the query: addresses of files are signed in it. Masked, as `method` is.
        route: The template of its path.
        status: Of the answer.
        milliseconds: Until the answer was sent.
        organisation_id: On whose behalf.
        trace_id: The trace, where traces are kept.
    """

    time: str
    level: str
    logger: str
    message: str
    request_id: str
    method: str
    path: str
    route: str
    status: int
    milliseconds: float
    organisation_id: uuid.UUID | None = None
    trace_id: str = ""

    def own(self) -> dict[str, Any]:
        """Return what it has beside the fields of every line."""
        own: dict[str, Any] = {
            "method": self.method,
            "path": self.path,
            "route": self.route,
            "status": self.status,
            "milliseconds": self.milliseconds,
        }
        if self.organisation_id:
            own["organisation_id"] = str(self.organisation_id)
        return own


class Handler(logging.StreamHandler[Any]):
    """Writes each line at once, but for those of requests: they may wait for each other.

    Lines keep their order: whatever else is logged has those that wait written first. A process
    that is killed loses what it would have written within the next tenth of a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[RequestLine] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Write what waits, then the record."""
        self.flush()
        super().emit(record)

    def write_soon(self, line: RequestLine) -> None:
        """Write a line as JSON, soon; only from within an event loop."""
        waiting = self._waiting
        waiting.append(line)
        if len(waiting) == 1:
            from asyncio import get_running_loop  # not for every command

            get_running_loop().call_later(SOON, self.flush)
        elif len(waiting) >= MOST:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or nullcontext():
            if self._waiting:
                lines, self._waiting = self._waiting, []
                # Where nobody reads the log any more, requests are answered all the same.
                with suppress(OSError, ValueError):
                    self._write(_ENCODER.encode_lines(lines))
            super().flush()

    def _write(self, lines: bytes) -> None:
        if binary := getattr(self.stream, "buffer", None):
            self.stream.flush()
            binary.write(lines)
        else:
            self.stream.write(lines.decode())


def only_handler(logger: logging.Logger) -> Handler | None:
    """Return what alone hears of a logger, if it writes JSON; None when others want a record."""
    while logger.parent is not None:
        if logger.handlers or logger.filters or not logger.propagate:
            return None
        logger = logger.parent
    if len(logger.handlers) != 1:
        return None
    handler = logger.handlers[0]
    if not isinstance(handler, Handler) or handler.filters:
        return None
    return handler if isinstance(handler.formatter, JsonFormatter) else None


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record: its fields, those of the moment, and its traceback."""
        fields: dict[str, Any] = {
            "time": moment(record.created),
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


def moment(seconds: float) -> str:
    """Return a time of Unix as RFC 3339 has it, in UTC and to the millisecond."""
    return _moment(int(seconds * 1000))


# Where there is much to write, many lines are of the same millisecond.
@lru_cache(maxsize=64)
def _moment(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


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
