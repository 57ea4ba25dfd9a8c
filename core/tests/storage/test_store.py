"""What every store promises, asked of each."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gestral.errors import ConfigurationError, InputError, NotFoundError, ServiceError
from gestral.storage import ObjectStore, open_store
from gestral.storage.store import check_key

BODY = bytes(range(256)) * 3


async def whole(store: ObjectStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.read(key, start, end)])


async def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [info.key async for info in store.list(prefix)]


async def test_what_is_put_is_there_with_its_description(store, tmp_path):
    file = tmp_path / "post.mp4"
    file.write_bytes(BODY)
    for source in (BODY, file):
        put = await store.put(
            "videos/42/post.mp4", source, content_type="video/mp4", cache_control="max-age=60"
        )
        assert put == await store.info("videos/42/post.mp4")
        assert (put.size, put.content_type, put.cache_control) == (768, "video/mp4", "max-age=60")
        assert put.etag.startswith('"')
        assert put.modified.tzinfo is not None
        assert await whole(store, put.key) == BODY


async def test_a_file_of_many_parts_comes_back_whole(store, tmp_path):
    file = tmp_path / "long.mp4"
    file.write_bytes(BODY * 16_000)  # 12 MB: more than boto3 sends in one part
    await store.put("long.mp4", file, content_type="video/mp4")
    assert await whole(store, "long.mp4") == BODY * 16_000
    assert (
        await whole(store, "long.mp4", 5_000_001, 9_000_007)
        == file.read_bytes()[5_000_001:9_000_007]
    )


async def test_putting_again_replaces_the_object_and_its_etag(store):
    first = await store.put("a", b"one", content_type="text/plain")
    second = await store.put("a", b"two", content_type="text/vtt")
    assert first.etag != second.etag
    assert (await store.info("a")).content_type == "text/vtt"
    assert await whole(store, "a") == b"two"


@given(start=st.integers(0, 900), end=st.none() | st.integers(0, 900))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
async def test_a_range_is_a_slice_of_the_bytes(store, start, end):
    await store.put("range", BODY, content_type="text/plain")
    assert await whole(store, "range", start, end) == BODY[start:end]


async def test_an_empty_object_is_an_object(store):
    assert (await store.put("empty", b"", content_type="text/plain")).size == 0
    assert await whole(store, "empty") == b""
    assert await whole(store, "empty", 3) == b""


async def test_what_is_not_there_is_said_to_be_missing(store):
    await store.put("a/b", b"", content_type="text/plain")
    for key in ("a", "a/b/c", "nothing"):
        with pytest.raises(NotFoundError):
            await store.info(key)
        for end in (None, 0):
            with pytest.raises(NotFoundError):
                await whole(store, key, 0, end)


async def test_deleting_is_done_once_and_harmless_twice(store):
    await store.put("a/b/c", b"1", content_type="text/plain")
    await store.delete("a/b")
    assert await keys(store) == ["a/b/c"]
    for _ in range(2):
        await store.delete("a/b/c")
        assert await keys(store) == []
    await store.put("a", b"1", content_type="text/plain")
    assert await whole(store, "a") == b"1"


async def test_a_listing_has_the_keys_with_the_prefix_in_order(store):
    expected = sorted(["a-b", "a.b", "a/b", "a/c/d", "a0", "ab/c", "b"])
    for key in reversed(expected):
        await store.put(key, key.encode(), content_type="text/plain")
    assert await keys(store) == expected
    assert await keys(store, "a/") == ["a/b", "a/c/d"]
    assert await keys(store, "a/c/d") == ["a/c/d"]
    assert await keys(store, "a") == expected[:-1]
    assert await keys(store, "x/y") == []
    assert [info.size async for info in store.list("ab")] == [4]


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/.", ".a", "a/.b", "a\\b", "a b", "a\n", "ä",
     "a\0", "C:a", "~a", "a~", "a%2e", "-a", "a" * 201, "a/" * 300 + "a"],
)  # fmt: skip
async def test_a_key_that_could_lead_elsewhere_is_refused(store, key):
    for use in (store.info, store.delete, lambda key: store.put(key, b"", content_type="a/b")):
        with pytest.raises(InputError) as refused:
            await use(key)
        assert refused.value.code == "key-invalid"
    with pytest.raises(InputError):
        await whole(store, key)
    with pytest.raises(InputError):
        store.address(key, expires=60)


@given(st.text(st.sampled_from("aZ0._-/\\~%: \n"), max_size=12))
def test_a_key_never_leads_out_of_its_folder(key):
    try:
        check_key(key)
    except InputError:
        return
    assert all(part.strip(".") and part[0] != "." for part in key.split("/"))
    assert not set(key) & set("\\~%: \n")


async def test_a_reader_never_sees_half_of_a_put(store):
    bodies = {letter * 300_000 for letter in (b"a", b"b", b"c")}
    await store.put("busy", b"a" * 300_000, content_type="text/plain")

    async def write() -> None:
        for body in bodies:
            await store.put("busy", body, content_type="text/plain")

    async def read() -> None:
        for _ in range(8):
            assert await whole(store, "busy") in bodies

    await asyncio.gather(write(), write(), read(), read())


async def test_a_lifetime_that_no_address_can_have_is_refused(store):
    for expires in (0, -1, 7 * 24 * 3600 + 1):
        with pytest.raises(ValueError, match="seconds"):
            store.address("a", expires=expires)


@pytest.mark.parametrize(
    "url",
    ["", "/folder", "file://", "file://host/folder", "file:///a?b=c", "s3://", "s3://b?regoin=x",
     "http://a/b"],
)  # fmt: skip
def test_a_setting_that_names_no_store_is_refused(url):
    with pytest.raises(ConfigurationError):
        open_store(url, secret=bytes(32))


async def test_a_bucket_that_does_not_answer_is_an_error_of_the_service(s3_endpoint):
    store = open_store(f"s3://nobody?endpoint={s3_endpoint}", secret=b"")
    with pytest.raises(ServiceError):
        await store.put("a", b"", content_type="text/plain")
    await store.aclose()
