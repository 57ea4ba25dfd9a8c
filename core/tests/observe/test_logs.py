"""Log lines say to what they belong, and hold no secret, wherever it comes from."""

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
import pytest
import toy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gestral.capabilities import JOBS
from gestral.errors import ConfigurationError
from gestral.observe import logs
from gestral.observe.context import bound
from gestral.observe.masking import keep_secret, mask, secrets_of
from gestral.settings import Settings
from gestral.testing.kit import Kit

Lines = Callable[[], list[dict[str, Any]]]

ANY = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=8)
TOKEN = st.text("abcdefghijkXYZ0123456789_-.", min_size=8, max_size=60).map("s3".__add__)

PLACES: Mapping[str, str] = {
    "query": "GET /files/a.mp4?until=5&signature={0}&download=a",
    "keyword": "connect(host='db', password='{0}', port=1)",
    "mapping": "{{'api_key': '{0}', 'x': 1}}",
    "json": '{{"access_token": "{0}"}}',
    "spaced": "password: {0}",
    "address": "cannot reach postgresql://gestral_app:{0}@db/gestral",
    "bearer": "sent Authorization: Bearer {0}",
    "scheme alone": "the header was 'Bearer {0}'",
    "cookies": "Cookie: theme=dark; session={0}",
    "raw headers": "[(b'host', b'x'), (b'cookie', b'a=b; session={0}')]",
    "amazon": "https://b.s3/k?X-Amz-Signature={0}&X-Amz-Security-Token={0}",
}


def written(formatter: logging.Formatter, message: str, *args: object, **more: Any) -> str:
    """Return what a formatter makes of a message, logged while it was raised as an error too."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    problem = ValueError(message % args)
    told = (ValueError, problem, None)
    record = logging.LogRecord("x", logging.ERROR, "", 1, message, args, told)
    vars(record).update(more)
    handler.handle(record)
    return stream.getvalue()


FORMATTERS = [logs.JsonFormatter(), logs.TextFormatter()]
SECRET = "hunter2hunter"
QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize("place", PLACES)
@QUIET
@given(secret=TOKEN)
def test_what_is_named_or_placed_like_a_secret_is_not_written(
    formatter: logging.Formatter, place: str, secret: str
) -> None:
    assert secret not in written(formatter, "%s", PLACES[place].format(secret))


@pytest.mark.parametrize("formatter", FORMATTERS)
@QUIET
@given(secret=ANY, before=ANY, after=ANY)
def test_a_known_secret_is_written_nowhere(
    formatter: logging.Formatter, secret: str, before: str, after: str
) -> None:
    keep_secret(secret)
    message = f"{before} {secret}{after}"
    found = written(formatter, "%s %r", message, [message], note=message, more={"of": message})
    shown = json.loads(found) if isinstance(formatter, logs.JsonFormatter) else {"all": found}
    for value in shown.values():
        assert secret not in str(value).replace("***", "")


@QUIET
@given(message=st.text("abc ,.:/-", max_size=80))
def test_a_message_without_secrets_stays_as_it_is(message: str) -> None:
    assert mask(message) == message


def test_settings_that_are_secrets_are_known_by_name_mark_or_address() -> None:
    class Mine(msgspec.Struct):
        api_token: str = "token-value"
        phrase: Annotated[str, msgspec.Meta(extra={"secret": True})] = "marked value"
        smtp_url: str = "smtp://me:p%40ssword@mail.example"
        title: str = "plain"

    assert secrets_of(Mine()) == {"token-value", "marked value", "p%40ssword", "p@ssword"}


async def test_the_platforms_own_secrets_are_known(gestral: Kit) -> None:
    secret = gestral.platform.settings(Settings).secret
    assert secret not in mask(f"signing with {secret} failed")


async def test_an_error_of_the_database_does_not_tell_parameters(gestral: Kit) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with gestral.transaction() as session:
            await session.execute(text("SELECT 1 FROM nowhere WHERE a = :a"), {"a": SECRET})
    assert SECRET not in str(caught.value)


async def test_a_request_has_the_id_that_its_client_gave(gestral: Kit, log: Lines) -> None:
    answer = await gestral.client().get(
        "/api/v1/toy/nothing?signature=abc", headers={"X-Request-Id": "shop-17.a_B"}
    )
    assert answer.status_code == 404
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "shop-17.a_B"
    (line,) = [one for one in log() if one["logger"] == logs.ACCESS]
    assert line["request_id"] == "shop-17.a_B"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/toy/nothing", 404)
    assert "abc" not in json.dumps(line)


@pytest.mark.parametrize("given_id", ["", "a b", "x" * 65, "<script>", 'a"b'])
async def test_an_id_that_is_not_sane_is_replaced(gestral: Kit, given_id: str) -> None:
    answer = await gestral.client().get("/api/v1/toy/open", headers={"X-Request-Id": given_id})
    made = answer.headers["x-request-id"]
    assert made != given_id
    assert len(made) == 32


async def test_lines_of_requests_and_jobs_say_to_what_they_belong(gestral: Kit, log: Lines) -> None:
    user = gestral.user("toy:count")
    answer = await gestral.client(user).post(f"/api/v1/toy/count/{toy.EIGHT}")
    assert answer.status_code == 201
    await gestral.run_jobs()
    lines = log()
    (access,) = [one for one in lines if one["logger"] == logs.ACCESS]
    assert access["route"] == "/api/v1/toy/count/{number}"
    assert access["organisation_id"] == str(user.organisation_id)
    (failure,) = [one for one in lines if "exception" in one]
    assert "a secret detail" in failure["exception"]
    (end,) = [one for one in lines if one["logger"] == logs.ATTEMPTS]
    assert end["outcome"] == "retried"
    for line in (failure, end):
        assert line["job_id"] == answer.json()["id"]
        assert (line["job"], line["attempt"]) == ("toy.count", 1)
        assert line["organisation_id"] == str(user.organisation_id)
        assert "request_id" not in line


def test_what_comes_from_outside_begins_no_line_of_its_own() -> None:
    record = logging.makeLogRecord({"msg": "asked for %s", "args": ("a\nERROR x: forged",)})
    for formatter in FORMATTERS:
        with bound(request_id="r1"):
            line = formatter.format(record)
        assert len(line.splitlines()) == 1
        assert "r1" in line


@contextmanager
def standing_alone() -> Iterator[io.StringIO]:
    """Give what is written while JSON goes to our own handler and to nobody else."""
    root = logging.getLogger()
    others, level, talkative = root.handlers[:], root.level, logging.getLogger("httpx")
    root.handlers.clear()
    talkative.setLevel(logging.WARNING)
    logs.configure({"GESTRAL_LOG_FORMAT": "json"})
    (handler,) = root.handlers
    assert isinstance(handler, logs.Handler)
    handler.setStream(stream := io.StringIO())
    yield stream
    root.handlers[:] = others
    root.setLevel(level)
    talkative.setLevel(logging.NOTSET)


async def test_the_quick_line_of_a_request_says_what_the_usual_one_does(
    gestral: Kit, log: Lines
) -> None:
    keep_secret(SECRET)
    client = gestral.client(gestral.user("toy:count"))
    client.headers["X-Request-Id"] = "one"

    async def ask() -> None:
        await client.get(f"/api/v1/toy/{SECRET}/ü")
        await client.post("/api/v1/toy/count/1")

    await ask()
    usual = log()
    logging.getLogger("gestral").handlers.clear()
    with standing_alone() as stream:
        await ask()
        assert stream.getvalue() == ""
        logging.getLogger("gestral.other").error("at once")
    *quick, other = map(json.loads, stream.getvalue().splitlines())
    assert other["message"] == "at once"
    assert SECRET not in stream.getvalue()
    assert len(quick) == 2
    for line in (*usual, *quick):
        del line["time"], line["milliseconds"]
    assert quick == usual


def test_a_wrong_format_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="GESTRAL_LOG_FORMAT is 'xml'"):
        logs.configure({"GESTRAL_LOG_FORMAT": "xml"})


async def test_a_job_asked_for_outside_of_requests_needs_no_id(gestral: Kit, log: Lines) -> None:
    async with gestral.transaction() as session:
        await gestral.platform.get(JOBS).enqueue(session, toy.COUNT, toy.Number())
    await gestral.run_jobs()
    (end,) = log()
    assert end["message"] == "toy.count done"
    assert "organisation_id" not in end
