"""Ordering a video over HTTP, through to the file that is watched."""

import datetime as dt
import http.server
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import av
import httpx
import pytest
from sqlalchemy import update

from gestral.capabilities import FETCHER, JOBS, OBJECT_STORE
from gestral.events import OrganisationDeleted
from gestral.http.way_out import WayOut, open_fetcher
from gestral.jobs.model import JobRow
from gestral.testing.kit import Kit
from gestral_video.articles.article import Article, Paragraph
from gestral_video.source import picture_reader
from gestral_video.videos.jobs import REMOVED_AFTER

POST = """<!doctype html><html lang="en"><head><title>A short post</title></head><body><article>
<h1>A short post</h1>
<p>Lighthouses were built where ships were lost. Their lamps were seen from twenty miles away.</p>
<p>Every keeper wrote down the weather twice a day, whatever the weather was that day.</p>
</article></body></html>"""

API = "/api/v1/video/videos"
RIGHTS = ("video:make", "video:watch")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A site on loopback: `/post` is one, `/empty` has no text, `/german` is in German.

    What begins with `/closed` is closed to programs by its robots.txt.
    """
    german = POST.replace('lang="en"', 'lang="de"')
    pages = {
        "/post": ("text/html", POST),
        "/empty": ("text/html", "<html lang=en><title>Nothing</title><body><nav>Home</nav></html>"),
        "/german": ("text/html", german),
        "/picture": ("image/png", "no page"),
        "/robots.txt": ("text/plain", "User-agent: *\nDisallow: /closed\n"),
        "/closed/post": ("text/html", POST),
        "/closed/picture": ("image/png", "a picture of a post that is open"),
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            media_type, text = pages.get(self.path, ("", ""))
            self.send_response(200 if text else 404)
            self.send_header("Content-Type", media_type or "text/plain")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
async def client(gestral: Kit, site: str) -> httpx.AsyncClient:
    """A person who may make videos, on a platform that may read the site on loopback."""
    port = int(site.rpartition(":")[2])
    allowed = open_fetcher(WayOut(allow_networks=("127.0.0.0/8",), allow_ports=(80, 443, port)))
    gestral.platform.replace(FETCHER, allowed, close=allowed.aclose)
    return gestral.client(gestral.user(*RIGHTS))


async def upload(client: httpx.AsyncClient, name: str, data: bytes) -> httpx.Response:
    return await client.post("/api/v1/video/videos/file", files={"file": (name, data)})


async def test_a_post_becomes_a_video_that_can_be_watched(
    client: httpx.AsyncClient, gestral: Kit, site: str, tmp_path: Path
) -> None:
    answer = await client.post("/api/v1/video/videos", json={"address": f"{site}/post"})
    assert answer.status_code == 201, answer.text
    video = answer.json()
    assert (video["title"], video["state"], video["files"]) == ("A short post", "waiting", None)

    assert await gestral.run_jobs() == 1
    video = (await client.get(f"/api/v1/video/videos/{video['id']}")).json()
    assert (video["state"], video["reason"]) == ("ready", "")
    assert (video["width"], video["height"]) == (1920, 1080)
    assert video["chapters"]
    assert any(source["address"] == f"{site}/post" for source in video["sources"])

    mp4 = tmp_path / "post.mp4"
    mp4.write_bytes((await client.get(video["files"]["mp4"])).content)
    with av.open(str(mp4)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.audio[0].codec_context.name == "aac"
        assert container.duration / 1e6 == pytest.approx(video["duration"], abs=0.1)
    captions = (await client.get(video["files"]["webvtt"])).text
    assert captions.startswith("WEBVTT")
    assert "Lighthouses" in captions
    part = await client.get(video["files"]["mp4"], headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)
    assert [mail.template for mail in gestral.mail] == ["video/ready"]

    events = (await client.get(f"/api/v1/video/videos/{video['id']}/events")).text
    assert "event: progress" in events
    assert '"state":"done"' in events


async def test_an_uploaded_file_is_taken_too(client: httpx.AsyncClient) -> None:
    answer = await upload(
        client, "post.md", b"# Lamps\n\nLamps shine. They are seen from far away."
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["title"] == "Lamps"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/nowhere", "http-status"),
        ("/empty", "no-text"),
        ("/german", "no-voice"),
        ("/closed/post", "robots-refused"),
        ("/picture", "content-type"),
    ],
)
async def test_what_cannot_become_a_video_is_said_at_once_and_leaves_nothing(
    client: httpx.AsyncClient, gestral: Kit, site: str, path: str, code: str
) -> None:
    answer = await client.post("/api/v1/video/videos", json={"address": site + path})
    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert answer.json()["detail"]
    assert (await client.get("/api/v1/video/videos")).json()["items"] == []
    assert await gestral.run_jobs() == 0


async def test_pictures_are_a_part_of_the_page_that_may_be_read(
    client: httpx.AsyncClient, gestral: Kit, site: str
) -> None:
    article = Article(address=f"{site}/post", title="A short post", blocks=())
    read = picture_reader(article, gestral.platform.get(FETCHER))
    assert await read(f"{site}/closed/picture") == b"a picture of a post that is open"


@pytest.mark.parametrize(
    "address", ["http://10.0.0.1/", "http://[::ffff:169.254.169.254]/", "nonsense"]
)
async def test_private_and_impossible_addresses_are_refused(
    client: httpx.AsyncClient, address: str
) -> None:
    answer = await client.post("/api/v1/video/videos", json={"address": address})
    assert answer.status_code == 422
    assert answer.json()["code"] in {"address-private", "address-invalid"}


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("post.html", b"", "empty-file"),
        ("post.exe", b"MZ\x00", "unknown-file-type"),
        ("post.txt", b"\x00\x01\x02", "binary-file"),
    ],
)
async def test_a_file_that_is_no_post_is_refused(
    client: httpx.AsyncClient, name: str, data: bytes, code: str
) -> None:
    answer = await upload(client, name, data)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_unknown_choices_are_named(client: httpx.AsyncClient) -> None:
    for order in ({"address": "http://a.example", "mode": "epic"}, {}, {"adress": "x"}):
        answer = await client.post("/api/v1/video/videos", json=order)
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid-input"


async def test_a_field_that_nobody_named_is_refused(client: httpx.AsyncClient) -> None:
    """Whose it is, and whether it is ready, is not for a client to say."""
    forged = {"organisation_id": str(uuid.uuid4())}
    by_address = await client.post(API, json={"address": "https://a.example", **forged})
    by_file = await client.post(f"{API}/file", files={"file": ("a.txt", b"One.")}, data=forged)
    for answer in (by_address, by_file):
        assert answer.status_code == 422, answer.text
        assert "organisation_id" in answer.json()["detail"]


async def test_nobody_sees_the_videos_of_others(client: httpx.AsyncClient, gestral: Kit) -> None:
    video_id = (await upload(client, "a.txt", b"A title\n\nOne sentence is enough.")).json()["id"]
    stranger = gestral.client(gestral.user(*RIGHTS, name="Eve"))
    stranger.headers["X-Request-Id"] = "one-name-for-all"
    missing = await stranger.get(f"/api/v1/video/videos/{uuid.uuid4()}")
    for method, path in (
        ("GET", ""),
        ("GET", "/events"),
        ("POST", "/cancel"),
        ("POST", "/retry"),
        ("DELETE", ""),
    ):
        answer = await stranger.request(method, f"/api/v1/video/videos/{video_id}{path}")
        assert (answer.status_code, answer.json()) == (404, missing.json())
    assert (await stranger.get("/api/v1/video/videos")).json()["items"] == []


async def test_cancelling_retrying_and_deleting(client: httpx.AsyncClient, gestral: Kit) -> None:
    video = (await upload(client, "a.txt", b"A title\n\nOne sentence is enough.")).json()
    path = f"/api/v1/video/videos/{video['id']}"
    assert (await client.post(f"{path}/retry")).status_code == 409
    assert (await client.post(f"{path}/cancel")).json()["state"] == "cancelled"
    assert await gestral.run_jobs() == 0
    assert (await client.post(f"{path}/retry")).json()["state"] == "waiting"
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert await gestral.run_jobs() == 0


async def test_a_list_shows_what_the_video_itself_does(
    client: httpx.AsyncClient, gestral: Kit
) -> None:
    made = (await upload(client, "a.txt", b"A title\n\nOne sentence is enough.")).json()["id"]
    await gestral.run_jobs()
    waits = (await upload(client, "b.txt", b"Another\n\nOne sentence is enough.")).json()["id"]
    listed = (await client.get("/api/v1/video/videos")).json()["items"]
    assert [one["id"] for one in listed] == [waits, made]
    assert [one["state"] for one in listed] == ["waiting", "ready"]
    for one in listed:
        assert (await client.get(f"/api/v1/video/videos/{one['id']}")).json() == one


async def test_a_list_is_paged(client: httpx.AsyncClient, gestral: Kit) -> None:
    from gestral_video.order import Order
    from gestral_video.videos.orders import keep_post, order_video

    user = gestral.user(*RIGHTS)
    article = Article(address="upload:x", title="T", blocks=(Paragraph(id="b1", text="One."),))
    async with gestral.across_organisations() as session:
        post = await keep_post(session, user.organisation_id, article)
        for number in range(35):
            order = Order(style=str(number))
            await order_video(gestral.platform, session, post, order, ordered_by=user.user_id)
    one = gestral.client(user)
    first = (await one.get("/api/v1/video/videos")).json()
    second = (await one.get("/api/v1/video/videos", params={"cursor": first["next"]})).json()
    ids = [item["id"] for item in first["items"] + second["items"]]
    assert (len(first["items"]), second["next"], len(set(ids))) == (30, None, 35)
    assert ids == sorted(ids, reverse=True)


async def test_making_again_after_a_crash_does_no_harm(
    client: httpx.AsyncClient, gestral: Kit
) -> None:
    from gestral_video.videos.jobs import MAKE, MakeArguments

    video = (await upload(client, "a.txt", b"A title\n\nOne sentence is enough.")).json()
    await gestral.run_jobs()
    async with gestral.across_organisations() as session:
        await gestral.platform.get(JOBS).enqueue(
            session, MAKE, MakeArguments(video_id=uuid.UUID(video["id"]))
        )
    await gestral.run_jobs()
    again = (await client.get(f"/api/v1/video/videos/{video['id']}")).json()
    assert again["state"] == "ready"
    assert len(gestral.mail) == 1
    assert (await client.get(again["files"]["mp4"])).status_code == 200


async def test_an_organisation_that_is_gone_leaves_no_videos_and_no_files(
    gestral: Kit, tmp_path: Path
) -> None:
    gone, stays = (gestral.user(*RIGHTS, name=name) for name in ("Ada", "Bob"))
    store = gestral.platform.get(OBJECT_STORE)
    for user in (gone, stays):
        ordered = await upload(gestral.client(user), "post.md", b"# Lamps\n\nThey shine far away.")
        key = f"videos/{ordered.json()['id']}/1/post.vtt"
        await store.put(key, b"WEBVTT", content_type="text/vtt")
    async with gestral.across_organisations() as session:
        await session.execute(update(JobRow).values(run_at=gestral.clock.now() + dt.timedelta(9)))
        event = OrganisationDeleted(organisation_id=gone.organisation_id)
        await gestral.platform.get(JOBS).publish(session, event)
    assert await gestral.run_jobs() == 1
    gestral.clock.turn(seconds=REMOVED_AFTER + 1)
    assert await gestral.run_jobs() == 1
    assert [info.key async for info in store.list("videos/")] == [key]
    for user, left in ((gone, 0), (stays, 1)):
        videos = (await gestral.client(user).get("/api/v1/video/videos")).json()["items"]
        assert len(videos) == left
    assert len(await gestral.platform.get(JOBS).unfinished()) == 1
