"""robots.txt, as RFC 9309 has it, from servers that mean it well and others."""

import asyncio
import gzip
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego
from yarl import URL

from gestral.errors import FetchError
from gestral.http import Response, StatusError
from gestral.http.robots import (
    LONGEST,
    LONGEST_DELAY,
    MOST_BYTES,
    MOST_CHARACTERS,
    MOST_HOSTS,
    SHORTEST,
    Robots,
    Rules,
    lifetime,
    simplified,
)

SITE = URL("https://blog.example/")


async def code_of(fetch) -> str:
    with pytest.raises(FetchError) as failed:
        await fetch
    return failed.value.code


def allows(text: str, path: str) -> bool:
    try:
        Rules(text=simplified(text.encode())).require(SITE.join(URL(path)))
    except FetchError as error:
        assert error.code == "robots-refused"  # noqa: PT017 - any other would be a fault
        return False
    return True


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private/", "/private/a", False),
        ("User-agent: *\nDisallow: /private/", "/public", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        # The longest match wins, and allow wins over disallow (section 2.2.2).
        ("User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/b/c", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", True),
        ("User-agent: *\nDisallow: /a%3cd.html", "/a%3Cd.html", False),
        ("User-agent: *\nDisallow: /ü", "/%C3%BC", False),
        # Our own group replaces the one for all, and groups of one name are one (section 2.2.1).
        ("User-agent: gestral\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/b", True),
        ("User-agent: *\nDisallow:\n\nUser-agent: GESTRAL\nDisallow: /", "/b", False),
        ("User-agent: Gestral/2.0 (video)\nDisallow: /", "/b", False),
        ("User-agent: Gestral\nDisallow: /a\nUser-agent: Gestral\nDisallow: /b", "/b", False),
        ("User-agent: Other\nUser-agent: Gestral\nDisallow: /", "/b", False),
        ("User-agent: Gestral\nUser-agent: Other\nDisallow: /", "/b", False),
        ("User-agent: Other\nDisallow: /", "/b", True),
        ("User-agent: Ges\nDisallow: /", "/b", True),
        ("User-agent: Gestralette\nDisallow: /", "/b", True),
        ("User-agent: Googlebot*\nDisallow: /", "/b", True),
        # What is no rule does not end a group; what nobody can read is no rule.
        ("User-agent: *\nSitemap: https://blog.example/s.xml\nDisallow: /", "/b", False),
        ("User-agent: * # all\nDisallow: / # everything", "/b", False),
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", "/b", False),
        ("Disallow: /", "/b", True),
        ("<html>Not found</html>", "/b", True),
        ("\x00\xff" * 100, "/b", True),
        ("", "/b", True),
    ],
)
def test_what_a_site_asks_is_understood(text, path, allowed):
    assert allows(text, path) is allowed


@given(st.text(max_size=400) | st.binary(max_size=400).map(lambda some: some.decode("latin-1")))
def test_any_text_is_rules_or_none_and_never_those_of_many_programs(text):
    lines = f"User-agent: a\nDisallow: /a\n{text}\nuser agent b\nDisallow: /b".encode(
        "utf-8", "replace"
    )
    parsed = Protego.parse(simplified(lines))
    assert set(parsed._user_agents) <= {"*", "gestral", "another"}
    allows(text, "/a")


def test_a_robots_txt_of_many_programs_with_many_rules_is_read_in_no_time():
    agents = "".join(f"User-agent: a{number}\n" for number in range(12_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(12_000))
    # Kept apart, these would be 144 million rules.
    assert allows(agents + rules + "User-agent: *\nDisallow: /x", "/1")


async def test_a_page_that_robots_txt_closes_is_not_even_asked_for(fetcher, hostile):
    hostile.page("/robots.txt", b"User-agent: *\nDisallow: /closed")
    closed, opened = hostile.page("/closed", b"x"), hostile.page("/open", b"x")
    with pytest.raises(FetchError, match=r"robots\.txt") as refused:
        await fetcher.get(f"{closed}?key=hush")
    assert refused.value.code == "robots-refused"
    assert "hush" not in str(refused.value)
    assert (await fetcher.get(opened)).body == b"x"
    assert (await fetcher.get(f"{hostile.address}/robots.txt")).status == 200
    assert (await fetcher.get(closed, robots=False)).body == b"x"
    paths = [request.split(b" ")[1] for request in hostile.requests]
    assert paths == [b"/robots.txt", b"/open", b"/robots.txt", b"/closed"]


async def test_a_site_gets_the_distance_that_it_asks_for(fetcher, hostile):
    hostile.page("/robots.txt", b"User-agent: *\nCrawl-delay: 7")
    now = asyncio.get_running_loop().time()
    await fetcher.get(hostile.page("/", b"x"))
    assert fetcher._turns._hosts["127.0.0.1"].next_start >= now + 7


async def test_a_redirect_into_what_is_closed_is_refused(fetcher, hostile):
    hostile.page("/robots.txt", b"User-agent: gestral\nDisallow: /closed")
    moved = hostile.page("/moved", b"", "Location: /closed", status="302 Found")
    assert await code_of(fetcher.get(moved)) == "robots-refused"


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 451])
async def test_without_a_robots_txt_everything_is_allowed(fetcher, hostile, status):
    hostile.page("/robots.txt", b"", status=f"{status} Status")
    assert (await fetcher.get(hostile.page("/", b"x"))).body == b"x"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_while_a_server_cannot_give_its_robots_txt_nothing_is_allowed(
    fetcher, hostile, status
):
    hostile.page("/robots.txt", b"", status=f"{status} Status")
    page = hostile.page("/", b"x")
    with pytest.raises(FetchError, match=str(status)) as refused:
        await fetcher.get(page)
    assert refused.value.code == "robots-unavailable"
    assert await code_of(fetcher.get(page)) == "robots-unavailable"
    asked = len(hostile.requests)
    assert {request.split(b" ")[1] for request in hostile.requests} == {b"/robots.txt"}
    assert await code_of(fetcher.get(page)) == "robots-unavailable"
    assert len(hostile.requests) == asked


async def test_what_keeps_a_site_from_being_reached_is_told_as_that(fetcher, hostile):
    hostile.on("/robots.txt", b"SSH-2.0-OpenSSH\r\n\r\n")
    assert await code_of(fetcher.get(hostile.page("/", b"x"))) == "unreachable"
    hostile.page("/robots.txt", b"", "Location: http://10.0.0.1/", status="302 Found")
    assert await code_of(fetcher.get(hostile.page("/", b"x"))) == "address-private"
    hostile.page("/robots.txt", b"")
    assert (await fetcher.get(hostile.page("/", b"x"))).body == b"x"


async def test_five_redirects_of_a_robots_txt_are_followed_and_more_mean_none(fetcher, hostile):
    for step in range(5):
        hostile.page(f"/{step}", b"", f"Location: /{step + 1}", status="301 Moved")
    hostile.page("/robots.txt", b"", "Location: /1", status="307 Moved")
    hostile.page("/5", b"User-agent: *\nDisallow: /")
    assert await code_of(fetcher.get(f"{hostile.address}/a")) == "robots-refused"


async def test_a_robots_txt_that_redirects_for_ever_asks_nothing(fetcher, hostile):
    hostile.page("/robots.txt", b"", "Location: /robots.txt", status="301 Moved")
    assert (await fetcher.get(hostile.page("/a", b"x"))).body == b"x"


async def test_of_an_endless_robots_txt_only_the_beginning_counts(fetcher, hostile):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nUser-agent: *\nDisallow: /closed\n")
        while True:
            writer.write(b"Disallow: /open\n".rjust(8192, b"#"))
            await writer.drain()

    hostile.does("/robots.txt", endless)
    assert await code_of(fetcher.get(hostile.page("/closed", b"x"))) == "robots-refused"


async def test_a_long_robots_txt_counts_like_a_short_one(fetcher, hostile):
    text = b"User-agent: *\n" + b"Disallow: /*a*b*c\n" * 10_000 + b"Disallow: /closed\n"
    hostile.page("/robots.txt", text)
    assert await code_of(fetcher.get(hostile.page("/closed", b"x"))) == "robots-refused"
    assert (await fetcher.get(hostile.page("/open", b"x"))).body == b"x"


async def test_a_robots_txt_may_be_a_bomb(fetcher, hostile):
    bomb = gzip.compress(b"User-agent: *\nDisallow: /closed\n" + b"#" * 100_000_000)
    hostile.page("/robots.txt", bomb, "Content-Encoding: gzip")
    assert await code_of(fetcher.get(hostile.page("/closed", b"x"))) == "robots-refused"
    assert (await fetcher.get(hostile.page("/open", b"x"))).body == b"x"


def test_half_a_line_is_no_rule():
    head = b"User-agent: *\n"
    filler = b"#" * (MOST_BYTES - len(head) - len(b"\nDisallow: /")) + b"\n"
    assert simplified(head + filler + b"Disallow: /open-to-all") == "User-agent: *"


class Site:
    """A site whose robots.txt a test sets, under a clock that it turns."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[URL] = []
        self.answer: Callable[[], Response] = lambda: answered("")
        self.robots = Robots(self.fetch, lambda: self.now)

    async def fetch(self, url: URL) -> Response:
        self.asked.append(url)
        await asyncio.sleep(0)
        return self.answer()


def answered(text: str, cache_control: str = "") -> Response:
    return Response(
        address="",
        status=200,
        headers={"cache-control": cache_control},
        body=text.encode(),
        content_type="",
        charset=None,
    )


def refuse(error: FetchError) -> Response:
    raise error


async def test_a_robots_txt_is_asked_for_once_by_all_who_wait_and_for_each_origin():
    site = Site()
    await asyncio.gather(*(site.robots.rules(SITE / str(number)) for number in range(9)))
    assert site.asked == [URL("https://blog.example/robots.txt")]
    await site.robots.rules(URL("http://blog.example/"))
    await site.robots.rules(URL("https://blog.example:8443/"))
    assert [str(url) for url in site.asked[1:]] == [
        "http://blog.example/robots.txt",
        "https://blog.example:8443/robots.txt",
    ]


async def test_who_gives_up_waiting_does_not_take_it_from_the_others():
    site = Site()
    first = asyncio.create_task(site.robots.rules(SITE))
    second = asyncio.create_task(site.robots.rules(SITE))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    assert await second == Rules()
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("", LONGEST),
        ("max-age=600", 600),
        ("public, Max-Age=600", 600),
        ("max-age=0", SHORTEST),
        ("no-store", SHORTEST),
        ("no-cache, max-age=600", SHORTEST),
        ("max-age=999999999", LONGEST),
        ("max-age=99999999999999999999", LONGEST),
        ("max-age=soon", LONGEST),
    ],
)
async def test_a_robots_txt_is_remembered_as_long_as_it_says_and_a_day_at_most(
    cache_control, seconds
):
    assert lifetime(cache_control) == seconds
    site = Site()
    site.answer = lambda: answered("", cache_control)
    await site.robots.rules(SITE)
    site.now = seconds - 1
    await site.robots.rules(SITE)
    assert len(site.asked) == 1
    site.now = seconds
    await site.robots.rules(SITE)
    assert len(site.asked) == 2


async def test_an_old_robots_txt_holds_while_there_is_no_new_one():
    site = Site()
    site.answer = lambda: answered("User-agent: *\nDisallow: /a")
    old = await site.robots.rules(SITE)
    site.now = LONGEST
    site.answer = lambda: refuse(StatusError("", 503))
    assert await site.robots.rules(SITE) == old
    site.now += SHORTEST
    site.answer = lambda: refuse(StatusError("", 404))
    assert await site.robots.rules(SITE) == Rules()


async def test_what_is_remembered_has_an_end():
    site = Site()
    for number in range(MOST_HOSTS + 1):
        await site.robots.rules(URL(f"https://{number}.example/"))
    assert len(site.robots._known) == MOST_HOSTS
    site.answer = lambda: answered("User-agent: *\n" + "Disallow: /a\n" * 30_000)
    for number in range(60):
        await site.robots.rules(URL(f"https://large.example:{number + 1}/"))
    assert site.robots._characters <= MOST_CHARACTERS
    assert site.robots._characters == sum(
        len(known.rules.text) for known in site.robots._known.values()
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("User-agent: *\nCrawl-delay: 2.5", 2.5),
        ("User-agent: *\nCrawl-delay: 9\n\nUser-agent: gestral\nCrawl-delay: 1", 1),
        ("User-agent: *\nCrawl-delay: 86400", LONGEST_DELAY),
        ("User-agent: *\nCrawl-delay: -1", 0),
        ("User-agent: *\nCrawl-delay: nan", 0),
        ("User-agent: *\nDisallow: /a", 0),
    ],
)
def test_a_wish_for_distance_is_met_within_bounds(text, seconds):
    assert Rules(text=simplified(text.encode())).require(SITE) == seconds
