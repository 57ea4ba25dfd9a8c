"""The store in a folder: crashes, and addresses over HTTP."""

import os
import time
from email.utils import formatdate
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient

from gestral.app.problems import exception_handlers
from gestral.errors import ConfigurationError, ConflictError
from gestral.storage.disposition import attachment
from gestral.storage.local import LocalStore
from gestral.storage.ranges import UnsatisfiableError, requested_range
from gestral.storage.routes import file_route

BODY = b"0123456789" * 100


@pytest.fixture
async def video(local) -> str:
    await local.put("videos/42/post.mp4", BODY, content_type="video/mp4")
    return local.address("videos/42/post.mp4", expires=60)


@pytest.fixture
async def client(local):
    from litestar import Litestar

    app = Litestar([file_route(local)], exception_handlers=exception_handlers, openapi_config=None)
    async with AsyncTestClient(app) as client:
        yield client


async def test_an_address_gives_the_whole_file(client, video):
    answer = await client.get(video)
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == "1000"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "content-disposition" not in answer.headers


async def test_head_tells_what_get_would_without_the_file(client, video):
    for headers in ({}, {"Range": "bytes=10-19"}):
        head = await client.head(video, headers=headers)
        get = await client.get(video, headers=headers)
        assert head.status_code == get.status_code
        assert head.content == b""
        assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=990-", 990, 1000),
        ("bytes=990-5000", 990, 1000),
        ("bytes=-5", 995, 1000),
        ("bytes=-5000", 0, 1000),
        ("Bytes = 0 - 9", 0, 10),
    ],
)
async def test_a_range_gives_its_part(client, video, header, start, end):
    answer = await client.get(video, headers={"Range": header})
    assert (answer.status_code, answer.content) == (206, BODY[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/1000"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=-0", f"bytes={'9' * 5000}-"])
async def test_a_range_outside_of_the_file_is_refused(client, video, header):
    answer = await client.get(video, headers={"Range": header})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == "bytes */1000"


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "bytes=5-4", "bytes=-", "bytes=a-b", "x=0-1"])
async def test_a_range_that_means_nothing_gives_the_whole_file(client, video, header):
    assert (await client.get(video, headers={"Range": header})).status_code == 200


@given(st.text(st.sampled_from("bytes=-,0123456789 "), max_size=30), st.integers(0, 50))
def test_any_range_header_gives_a_part_of_the_file_or_nothing(header, size):
    try:
        part = requested_range(header, size)
    except UnsatisfiableError:
        return
    if part is not None:
        assert 0 <= part[0] < part[1] <= size


async def test_a_file_that_the_browser_has_is_not_sent_again(client, video):
    etag = (await client.get(video)).headers["etag"]
    for known in (etag, f'"x", W/{etag}', "*"):
        answer = await client.get(video, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert (await client.get(video, headers={"If-None-Match": '"x"'})).status_code == 200


async def test_a_download_that_goes_on_gets_the_rest_only_of_the_same_file(client, local, video):
    etag = (await client.get(video)).headers["etag"]
    rest = {"Range": "bytes=500-", "If-Range": etag}
    assert (await client.get(video, headers=rest)).status_code == 206
    await local.put("videos/42/post.mp4", BODY[::-1], content_type="video/mp4")
    for condition in (etag, formatdate(usegmt=True)):
        answer = await client.get(video, headers={**rest, "If-Range": condition})
        assert (answer.status_code, answer.content) == (200, BODY[::-1])


async def test_a_download_has_its_name_in_any_script(client, local, video):
    name = 'Größe "ok"/../x\r\nSet-Cookie: a.mp4'
    answer = await client.get(local.address("videos/42/post.mp4", expires=9, download_name=name))
    assert answer.headers["content-disposition"] == (
        'attachment; filename="Gr__e _ok__.._x__Set-Cookie_ a.mp4"; '
        "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20_ok__.._x__Set-Cookie_%20a.mp4"
    )
    assert "set-cookie" not in answer.headers


@given(st.text(max_size=300))
def test_a_download_name_never_leaves_its_quotes(name):
    value = attachment(name)
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') in {0, 2}
    assert "\\" not in value


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", ""])
async def test_a_file_that_could_run_a_script_is_only_downloaded(client, local, kind):
    await local.put("page", b"<script>", content_type=kind)
    answer = await client.get(local.address("page", expires=60))
    assert answer.headers["content-disposition"] == "attachment"


async def test_a_changed_address_is_refused(client, local, video):
    parts = urlsplit(video)
    fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
    other = LocalStore(local._objects.parent, b"x" * 32)
    forged = [
        parts.path,
        f"/files/videos/43/post.mp4?{parts.query}",
        f"{parts.path}?{urlencode({**fields, 'until': '9999999999'})}",
        f"{parts.path}?{urlencode({**fields, 'until': ''})}",
        f"{parts.path}?{urlencode({**fields, 'name': 'a.html'})}",
        f"{parts.path}?{urlencode({**fields, 'signature': fields['signature'][:-1]})}",
        f"{parts.path}?{urlencode({**fields, 'signature': 'é'})}",
        f"/files/../secret?{parts.query}",
        other.address("videos/42/post.mp4", expires=60),
    ]
    for address in forged:
        answer = await client.get(address)
        assert answer.status_code in {403, 404}, address
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert BODY not in answer.content
    assert (await client.get(forged[1])).json()["code"] == "address-forged"


async def test_an_address_ends_with_its_time(client, video, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 59)
    assert (await client.get(video)).status_code == 200
    monkeypatch.setattr(time, "time", lambda: now + 61)
    answer = await client.get(video)
    assert (answer.status_code, answer.json()["code"]) == (403, "address-expired")


async def test_an_address_of_nothing_is_a_problem(client, local):
    answer = await client.get(local.address("nothing", expires=60))
    assert (answer.status_code, answer.json()["code"]) == (404, "object-not-found")


async def test_a_key_is_never_an_object_and_a_folder(local):
    await local.put("a", b"1", content_type="text/plain")
    await local.put("b/c", b"1", content_type="text/plain")
    for key in ("a/b", "a/b/c", "b"):
        with pytest.raises(ConflictError):
            await local.put(key, b"2", content_type="text/plain")
    assert [info.key async for info in local.list()] == ["a", "b/c"]
    assert len([path for path in local._metadata.rglob("*") if path.is_file()]) == 2


async def test_a_put_that_fails_leaves_the_old_object_and_nothing_else(local, tmp_path):
    await local.put("a", b"old", content_type="text/plain")
    with pytest.raises(FileNotFoundError):
        await local.put("a", tmp_path / "missing", content_type="text/html")
    assert (await local.info("a")).content_type == "text/plain"
    assert list(local._incoming.iterdir()) == []


def test_what_a_killed_process_left_half_written_is_removed_after_a_day(local):
    old, new = local._incoming / "old", local._incoming / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    LocalStore(local._objects.parent, bytes(32))
    assert list(local._incoming.iterdir()) == [new]


def test_a_short_secret_is_refused(tmp_path):
    with pytest.raises(ConfigurationError):
        LocalStore(tmp_path, b"short")
