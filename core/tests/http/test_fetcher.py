"""The fetcher against servers that mean it ill."""

import asyncio
import gzip
import socket
import ssl
import struct
import tracemalloc
import zlib
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_network
from itertools import pairwise
from math import inf

import pytest
import trustme
from aiohttp.abc import AbstractResolver
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from gestral.errors import FetchError
from gestral.http import PUBLIC, BusyError, Fetcher, Limits, NetworkPolicy, StatusError
from gestral.http.addresses import redirected
from gestral.http.counts import fetches
from gestral.http.decoding import Decoder
from gestral.http.politeness import Turns, retry_delay

FOREVER = 10**9


class Names(AbstractResolver):
    """A name server that gives its answers one after the other."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        if not self.answers:
            raise OSError(f"{host} is unknown")
        return [
            {
                "hostname": host,
                "host": answer,
                "port": port,
                "family": socket.AF_INET6 if ":" in answer else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for answer in self.answers.pop(0).split()
        ]

    async def close(self) -> None:
        pass


async def code_of(fetch) -> str:
    with pytest.raises(FetchError) as failed:
        await fetch
    return failed.value.code


async def test_a_page_is_read_with_its_headers(fetcher, hostile):
    address = hostile.page(
        "/post", b"<p>Hello", "Content-Type: Text/HTML; charset=UTF-8", "Vary: a", "vary: b"
    )
    response = await fetcher.get(f"{address}#part")
    assert response.body == b"<p>Hello"
    assert (response.address, response.status) == (address, 200)
    assert (response.content_type, response.charset) == ("text/html", "utf-8")
    assert response.headers["vary"] == "a, b"


PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")


async def test_a_request_tells_who_asks_and_nothing_else(hostile, monkeypatch, tmp_path):
    for name in PROXIES:
        monkeypatch.setenv(name, "http://me:hush@127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text("default login me password hush\n")
    hostile.page("/", b"", "Set-Cookie: id=1; Path=/")
    policy = NetworkPolicy(allow_networks=(ip_network("127.0.0.1/32"),))
    # By name, because a cookie jar keeps nothing of an IP address.
    async with Fetcher(policy=policy, resolver=Names("127.0.0.1", "127.0.0.1")) as fetcher:
        for _ in range(2):
            await fetcher.get(f"http://blog.example:{hostile.port}/", robots=False)
    request = hostile.requests[-1].lower()
    assert b"user-agent: gestral/" in request
    assert not any(word in request for word in (b"cookie", b"authorization", b"referer", b"proxy"))


async def test_a_name_that_leads_inside_is_refused_at_the_socket(hostile):
    for answer in ("127.0.0.1", "::1", "127.0.0.1 10.0.0.1 ::ffff:7f00:1"):
        async with Fetcher(policy=PUBLIC, resolver=Names(answer)) as fetcher:
            assert await code_of(fetcher.get("http://blog.example/")) == "address-private"
    assert hostile.requests == []


async def test_a_refusal_does_not_tell_what_a_name_leads_to():
    async with Fetcher(resolver=Names("10.1.2.3")) as fetcher:
        with pytest.raises(FetchError) as refused:
            await fetcher.get("http://blog.example/")
    assert "10.1.2.3" not in str(refused.value)


async def test_a_name_that_changes_its_answer_gains_nothing(hostile):
    location = f"Location: http://blog.example:{hostile.port}/inside"
    hostile.page("/", b"", location, "Connection: close", status="302 Found")
    policy = NetworkPolicy(allow_networks=(ip_network("127.0.0.2/32"),))
    async with Fetcher(policy=policy, resolver=Names("127.0.0.2", "127.0.0.1")) as fetcher:
        fetched = fetcher.get(f"http://blog.example:{hostile.port}/", robots=False)
        assert await code_of(fetched) == "address-private"
    assert len(hostile.requests) == 1


async def test_a_redirect_inside_is_refused(fetcher, hostile):
    for target in ("http://127.0.0.2/", "//10.0.0.1/", "http://[::1]/"):
        address = hostile.page("/", b"", f"Location: {target}", status="301 Moved")
        assert await code_of(fetcher.get(address)) == "address-private"
    address = hostile.page("/", b"", "Location: file:///etc/passwd", status="307 Moved")
    assert await code_of(fetcher.get(address)) == "address-invalid"


async def test_a_redirect_inside_is_refused_at_every_hop(fetcher, hostile):
    for step in range(5):
        hostile.page(f"/{step}", b"", f"Location: /{step + 1}", status="302 Found")
    for last in range(1, 6):
        hostile.page(f"/{last}", b"", "Location: http://169.254.169.254/", status="302 Found")
        assert await code_of(fetcher.get(f"{hostile.address}/0")) == "address-private"
        hostile.page(f"/{last}", b"", f"Location: /{last + 1}", status="302 Found")


async def test_of_several_addresses_of_a_name_only_allowed_ones_are_connected_to(hostile):
    hostile.page("/", b"x")
    policy = NetworkPolicy(allow_networks=(ip_network("127.0.0.2/32"),))
    for answer in ("127.0.0.1 127.0.0.2", "127.0.0.2 127.0.0.1", "10.0.0.1 ::1 127.0.0.2"):
        async with Fetcher(policy=policy, resolver=Names(answer)) as fetcher:
            address = f"http://blog.example:{hostile.port}/"
            assert (await fetcher.get(address, robots=False)).body == b"x"
    assert set(hostile.reached) == {"127.0.0.2"}


async def test_a_robots_txt_and_its_page_are_judged_each_by_its_own_look_up(hostile):
    hostile.page("/", b"inside")
    policy = NetworkPolicy(allow_networks=(ip_network("127.0.0.2/32"),))
    async with Fetcher(policy=policy, resolver=Names("127.0.0.2", "127.0.0.1")) as fetcher:
        fetched = fetcher.get(f"http://blog.example:{hostile.port}/")
        assert await code_of(fetched) == "address-private"
    assert set(hostile.reached) == {"127.0.0.2"}


@pytest.mark.parametrize(
    ("location", "code"),
    [
        (b"http://me:hush@127.0.0.1/", "address-invalid"),
        (b"//me@127.0.0.1/", "address-invalid"),
        (b"http://127.0.0.1\\@example.org/", "address-invalid"),
        (b"/" + b"a" * 8_000, "address-invalid"),
        (b"/" + b"a" * 100_000, "unreachable"),
        (b"/a\rX-Evil: 1", "unreachable"),
        (b"/a\x00b", "unreachable"),
        (b"http://127.0.0.1:22/", "http-status"),
        (b"gopher://127.0.0.1:6379/_FLUSHALL", "address-invalid"),
        (b"http://[::ffff:10.0.0.1]/", "address-private"),
        (b"http://2130706433/", "address-invalid"),
        ("http://\uff11\uff10.0.0.1/".encode(), "address-private"),  # fullwidth digits
        (b"http://\xff\xfe/", "address-invalid"),
        (b"", "http-status"),
    ],
)
async def test_a_hostile_redirect_is_a_clear_refusal(fetcher, hostile, location, code):
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
    address = hostile.on("/", head + location + b"\r\n\r\n")
    with pytest.raises(FetchError) as refused:
        await fetcher.get(address)
    if location == b"http://127.0.0.1:22/":  # the test's own policy opens all its ports
        assert refused.value.code == "unreachable"
    else:
        assert refused.value.code == code
    assert "hush" not in str(refused.value)
    assert str(refused.value).isprintable()


async def test_a_line_break_in_a_redirect_stays_a_part_of_the_address(fetcher, hostile):
    hostile.page("/", b"", "Location: /a%0d%0aX-Evil:%201", status="302 Found")
    hostile.page("/a%0D%0AX-Evil:%201", b"x")
    assert (await fetcher.get(f"{hostile.address}/")).body == b"x"
    assert b"\r\nX-Evil" not in hostile.requests[-1]


async def test_the_ports_of_the_public_internet_stay_closed_when_a_network_is_opened(hostile):
    policy = NetworkPolicy(allow_networks=(ip_network("127.0.0.2/32"),))
    async with Fetcher(policy=policy, resolver=Names("8.8.8.8")) as fetcher:
        assert await code_of(fetcher.get("http://blog.example:8080/")) == "port-refused"


async def test_five_redirects_are_followed_and_a_loop_ends(fetcher, hostile):
    for step in range(6):
        hostile.page(f"/{step}", b"", f"Location: {step + 1}", status="308 Moved")
    end = hostile.page("/6", b"here")
    assert (await fetcher.get(f"{hostile.address}/1")).address == end
    assert await code_of(fetcher.get(f"{hostile.address}/0")) == "too-many-redirects"


def test_a_redirect_never_leaves_https():
    with pytest.raises(FetchError) as refused:
        redirected(URL("https://example.org/"), "http://example.org/", PUBLIC)
    assert refused.value.code == "redirect-downgraded"
    secured = redirected(URL("http://example.org/a/b"), "https://example.org/c", PUBLIC)
    assert str(secured) == "https://example.org/c"


@given(st.text(st.characters(exclude_characters="\r\n"), max_size=60))
def test_any_redirect_leads_to_a_judged_address_or_a_clear_refusal(location):
    with suppress(FetchError):
        url = redirected(URL("https://example.org/a"), location, PUBLIC)
        assert url.scheme == "https"
        assert url.port in {80, 443}


async def test_a_name_server_cannot_prolong_the_deadline():
    class Silent(Names):
        async def resolve(self, host, port=0, family=socket.AF_INET):
            await asyncio.Event().wait()

    async with Fetcher(resolver=Silent()) as fetcher:
        assert await code_of(fetcher.get("http://blog.example/", deadline=0.1)) == "timed-out"


async def drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.005)


async def drip_headers(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"a:b\r\n"[:1])
        await writer.drain()
        await asyncio.sleep(0.005)


async def continue_forever(writer):
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.001)


async def silence(writer):
    await asyncio.Event().wait()


async def drip_chunks(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n")
        await writer.drain()
        await asyncio.sleep(0.005)


SLOW = [drip, drip_headers, drip_chunks, continue_forever, silence]


@pytest.mark.parametrize("behaviour", SLOW)
async def test_a_server_cannot_prolong_the_deadline(fetcher, hostile, behaviour):
    address = hostile.does("/slow", behaviour)
    assert await code_of(fetcher.get(address, deadline=0.2)) == "timed-out"


async def test_a_chain_of_slow_redirects_has_one_deadline(fetcher, hostile):
    async def dawdle(writer):
        await asyncio.sleep(0.15)
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /slow\r\nContent-Length: 0\r\n\r\n")

    address = hostile.does("/slow", dawdle)
    assert await code_of(fetcher.get(address, deadline=0.2)) == "timed-out"


async def test_a_body_over_the_limit_is_refused_announced_or_not(fetcher, hostile):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    assert await code_of(fetcher.get(hostile.does("/endless", endless))) == "too-large"
    announced = hostile.on("/big", f"HTTP/1.1 200 OK\r\nContent-Length: {FOREVER}\r\n\r\n".encode())
    assert await code_of(fetcher.get(announced)) == "too-large"
    exact = hostile.page("/exact", b"x" * 100_000)
    assert len((await fetcher.get(exact)).body) == 100_000
    assert await code_of(fetcher.get(exact, max_bytes=99_999)) == "too-large"


@pytest.mark.parametrize("packer", ["gzip", "deflate", "raw"])
async def test_a_bomb_is_stopped_at_the_limit(fetcher, hostile, packer):
    bomb = PACKERS[packer](bytes(50_000_000))
    encoding = packer.replace("raw", "deflate")
    address = hostile.page("/bomb", bomb, f"Content-Encoding: {encoding}")
    tracemalloc.start()
    try:
        assert await code_of(fetcher.get(address)) == "too-large"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "flood",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"a=b;" * 1000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 4000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 1000,
        b"HTTP/1.1 200 " + b"O" * 4000,
        b"HTTP/1.1 103 Early Hints\r\n" + b"Link: </a>\r\n" * 1000,
        b"\r\n" * 1000,
        b"x" * 4000,
    ],
    ids=["extension", "size", "trailers", "reason", "hints", "empty lines", "HTTP/0.9"],
)
async def test_a_server_that_floods_what_is_not_the_body_fills_no_memory(fetcher, hostile, flood):
    async def write(writer):
        writer.write(flood)
        rest = flood[-200:]
        while True:
            writer.write(rest * 300)
            await writer.drain()

    address = hostile.does("/flood", write)
    tracemalloc.start()
    try:
        assert await code_of(fetcher.get(address, deadline=0.3)) in {"unreachable", "timed-out"}
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


async def test_a_compressed_stream_of_nothing_ends(fetcher, hostile):
    async def nothing(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n\x78\x9c")
        while True:
            writer.write(b"\x00\x00\x00\xff\xff" * 10_000)  # stored blocks of no bytes
            await writer.drain()

    assert await code_of(fetcher.get(hostile.does("/nothing", nothing))) == "too-large"


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Encoding: gzip, gzip"],
        ["Content-Encoding: gzip", "Content-Encoding: gzip"],
        ["Content-Encoding: br"],
        ["Content-Encoding: zstd"],
        ["Content-Encoding: gzip,identity"],
        ["Content-Encoding: \xff\xfe"],
    ],
)
async def test_unknown_and_stacked_encodings_are_refused(fetcher, hostile, headers):
    address = hostile.page("/packed", gzip.compress(gzip.compress(b"x")), *headers)
    assert await code_of(fetcher.get(address)) == "encoding-refused"


async def test_a_compressed_transfer_is_refused(fetcher, hostile):
    packed = gzip.compress(b"x")
    for coding in ("gzip, chunked", "gzip"):
        address = hostile.on(
            "/transfer",
            f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n".encode(),
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed),
        )
        assert await code_of(fetcher.get(address)) in {"encoding-refused", "unreachable"}


def raw_deflate(body: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeezer.compress(body) + squeezer.flush()


PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "raw": raw_deflate}


@given(st.binary(max_size=2000), st.sampled_from(sorted(PACKERS)), st.integers(1, 100))
def test_what_was_packed_comes_out_whole(body, packer, step):
    packed = PACKERS[packer](body)
    decoder = Decoder("", packer.replace("raw", "deflate"), 10_000)
    for start in range(0, len(packed), step):
        decoder.feed(packed[start : start + step])
    assert decoder.finish() == body


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"ab")[:-1], gzip.compress(b"a") + b"b", b"ab"],
    ids=["cut off", "something behind", "not compressed"],
)
async def test_a_damaged_compressed_page_is_refused(fetcher, hostile, packed):
    address = hostile.page("/damaged", packed, "Content-Encoding: gzip")
    assert await code_of(fetcher.get(address)) == "encoding-refused"


async def test_huge_and_endless_headers_are_refused(fetcher, hostile):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"a: b\r\n" * 1000)
            await writer.drain()

    hostile.page("/huge", b"", f"X: {'x' * 100_000}")
    hostile.does("/many", endless)
    for path in ("/huge", "/many"):
        with pytest.raises(FetchError, match="headers are far too long"):
            await fetcher.get(f"{hostile.address}{path}")


async def reset(writer):
    """Cut the connection within the body, without a farewell (TCP RST)."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
    await writer.drain()
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: -1",
        "Content-Length: one",
        "Content-Length: 1, 2",
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: +1",
        "Content-Length: 0x1",
        "Content-Length: 1" + "0" * 400,
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nContent-Encoding: gzip",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\nx",
        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\nx",
        "Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nx",
        "No colon",
        "A\x00: b",
    ],
)
async def test_a_body_of_no_clear_length_is_refused(fetcher, hostile, head):
    address = hostile.on("/", f"HTTP/1.1 200 OK\r\n{head}\r\n\r\nx".encode())
    code = await code_of(fetcher.get(address))
    assert code in {"unreachable", "encoding-refused", "too-large"}


async def test_each_way_to_be_unreachable_has_a_sentence_of_its_own(fetcher, hostile):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        refusing = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        sentences = {
            refusing: "does not accept connections",
            hostile.on("/garbage", b"SSH-2.0-OpenSSH\r\n\r\n"): "proper HTTP",
            hostile.on("/closed"): "without an answer",
            hostile.on("/cut", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"): "broke off",
            hostile.does("/reset", reset): "broke off",
            hostile.on("/old", b"<html>HTTP/0.9</html>"): "proper HTTP",
        }
        for address, sentence in sentences.items():
            with pytest.raises(FetchError, match=sentence) as failed:
                await fetcher.get(address)
            assert failed.value.code == "unreachable"
    async with Fetcher(resolver=Names()) as nameless:
        with pytest.raises(FetchError, match="no site with this name"):
            await nameless.get("http://blog.example/")


async def test_a_site_without_a_valid_certificate_is_not_read(fetcher):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0, ssl=context)
    address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        with pytest.raises(FetchError, match="certificate"):
            await fetcher.get(address)


@pytest.fixture
async def secured(monkeypatch):
    """A server whose certificate is for right.example, and an authority that is trusted."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("right.example").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)

    async def redirect_down(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        location = b"Location: http://right.example/\r\n"
        writer.write(b"HTTP/1.1 302 Found\r\n" + location + b"Content-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(redirect_down, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_certificate_must_be_for_the_name_that_was_asked_for(fetcher, secured):
    policy = fetcher._policy
    async with Fetcher(policy=policy, resolver=Names(*["127.0.0.1"] * 2)) as named:
        with pytest.raises(FetchError, match="certificate"):
            await named.get(f"https://wrong.example:{secured}/", robots=False)
        # The right one is believed, and its redirect away from https is not followed.
        fetched = named.get(f"https://right.example:{secured}/", robots=False)
        assert await code_of(fetched) == "redirect-downgraded"


@pytest.mark.parametrize("status", [202, 206, 304, 401, 403, 404, 410, 500, 302])
async def test_a_status_without_the_page_is_told(fetcher, hostile, status):
    address = hostile.page("/", b"", status=f"{status} Status")
    with pytest.raises(StatusError, match=str(status)) as failed:
        await fetcher.get(address)
    assert (failed.value.code, failed.value.answered) == ("http-status", status)


async def test_a_busy_server_is_asked_again_a_few_times(fetcher, hostile):
    async def busy_once(writer):
        busy = len(hostile.requests) == 1
        writer.write(
            b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
            if busy
            else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        )

    assert (await fetcher.get(hostile.does("/busy", busy_once))).body == b"ok"
    hostile.requests.clear()
    always = hostile.page("/always", b"", status="429 Too Many Requests")
    assert await code_of(fetcher.get(always)) == "http-status"
    assert len(hostile.requests) == Limits().attempts


async def test_a_server_that_wants_to_be_left_alone_past_the_deadline_is(fetcher, hostile):
    for word in ("3600", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 400):
        hostile.requests.clear()
        address = hostile.page("/", b"", f"Retry-After: {word}", status="503 Busy")
        async with Fetcher(policy=fetcher._policy, limits=fetcher._limits) as new:
            assert await code_of(new.get(address)) == "http-status"
            with pytest.raises(BusyError, match="for 60 minutes") as busy:
                await new.get(f"{hostile.address}/another")
        assert (busy.value.code, round(busy.value.seconds)) == ("host-busy", 3600)
        assert len(hostile.requests) == 1


@given(st.integers(1, 6), st.text(max_size=40) | st.integers(0, 10**12).map(str))
def test_a_delay_is_never_shorter_than_our_own(attempt, retry_after):
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert retry_delay(attempt, retry_after, backoff=1, now=now) >= 2 ** (attempt - 1) / 2


def test_a_servers_own_delay_is_kept():
    now = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
    assert retry_delay(1, " 120 ", backoff=1, now=now) == 120
    assert retry_delay(1, "Sun, 22 Nov 2026 12:01:00 GMT", backoff=1, now=now) == 60
    assert retry_delay(1, "Sun, 22 Nov 2026 11:00:00 -0000", backoff=1, now=now) <= 1


async def test_an_unchanged_page_has_no_body(fetcher, hostile):
    address = hostile.page("/", b"", 'ETag: "1"', status="304 Not Modified")
    response = await fetcher.get(address, if_none_match='"1"', if_modified_since="yesterday")
    assert response.not_modified
    assert response.body == b""
    assert b'If-None-Match: "1"' in hostile.requests[0]
    assert b"If-Modified-Since: yesterday" in hostile.requests[0]


async def test_headers_that_are_no_text_can_be_kept_and_sent_back(fetcher, hostile):
    strange = 'ETag: "\xff"'.encode("latin-1"), b"Content-Type: text/\xff; charset=\xfe"
    head = b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: 0", *strange, b"", b""])
    response = await fetcher.get(address := hostile.on("/", head))
    assert "".join((*response.headers.values(), response.content_type)).encode()
    await fetcher.get(address, if_none_match=response.headers["etag"])
    assert b"If-None-Match" in hostile.requests[-1]


async def test_each_fetch_is_counted_once_by_how_it_ended(fetcher, hostile):
    def counted() -> Counter[str]:
        return Counter({outcome: sum(count.buckets) for outcome, count in fetches.items()})

    before = counted()
    hostile.page("/moved", b"", "Location: /", status="302 Found")
    hostile.page("/", b"x")
    await fetcher.get(f"{hostile.address}/moved")
    await fetcher.get(hostile.page("/old", b"", status="304 Same"), if_none_match='"1"')
    await code_of(fetcher.get("http://me@example.org/"))
    await code_of(fetcher.get(hostile.page("/none", b"", status="404 Not Found")))
    abandoned = asyncio.create_task(fetcher.get(hostile.does("/slow", silence)))
    await asyncio.sleep(0)
    abandoned.cancel()
    await asyncio.gather(abandoned, return_exceptions=True)
    outcomes = ("read", "not-modified", "address-invalid", "http-status", "abandoned")
    assert counted() - before == Counter(dict.fromkeys(outcomes, 1))


async def test_only_the_wanted_content_types_are_read(fetcher, hostile):
    page = hostile.page("/page", b"", "Content-Type: text/html")
    picture = hostile.page("/picture", b"", "Content-Type: image/png")
    untyped = hostile.page("/untyped", b"")
    assert (await fetcher.get(page, accept=("text/html",))).content_type == "text/html"
    assert (await fetcher.get(picture, accept=("image/*",))).content_type == "image/png"
    assert (await fetcher.get(untyped)).content_type == ""
    for address in (picture, untyped):
        assert await code_of(fetcher.get(address, accept=("text/html",))) == "content-type"


async def test_a_host_never_has_more_requests_at_a_time_than_allowed(hostile):
    present = most = 0

    async def count(writer):
        nonlocal present, most
        present += 1
        most = max(most, present)
        await asyncio.sleep(0)
        present -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    policy = NetworkPolicy(allow_networks=(ip_network("127.0.0.1/32"),))
    async with Fetcher(policy=policy, limits=Limits(concurrent=2, interval=0)) as fetcher:
        address = hostile.does("/", count)
        await asyncio.gather(*(fetcher.get(address) for _ in range(12)))
    assert most <= 2


async def test_starts_at_one_host_keep_their_distance():
    turns = Turns(concurrent=3, interval=0.01)
    nexts: list[float] = []

    async def visit() -> None:
        async with turns.turn("blog.example", until=inf):
            nexts.append(turns._hosts["blog.example"].next_start)

    await asyncio.gather(*(visit() for _ in range(4)))
    # What is compared is when each let the next one start, which no load of the machine changes.
    assert all(later - earlier >= 0.00999 for earlier, later in pairwise(nexts))


async def test_a_host_that_asks_for_a_longer_distance_gets_it():
    turns = Turns(concurrent=1, interval=0)
    async with turns.turn("blog.example", until=inf, interval=60):
        pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), turns.turn("blog.example", until=inf):
            pytest.fail("it came too early")


async def test_a_host_that_is_left_alone_for_a_moment_is_waited_for():
    turns = Turns(concurrent=1, interval=0)
    clock = asyncio.get_running_loop().time
    await turns.rest("blog.example", 0.05)
    await turns.rest("blog.example", 0.01)  # does not shorten it
    ready = turns._hosts["blog.example"].rest_until
    async with turns.turn("blog.example", until=clock() + 60):
        assert clock() >= ready


async def test_a_host_that_nobody_waits_for_is_forgotten():
    turns = Turns(concurrent=1, interval=0)
    for number in range(10):
        async with turns.turn(f"{number}.example", until=inf):
            assert len(turns._hosts) == 1
