"""The same order is the same video, and what is deleted leaves no files."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest

from gestral.capabilities import OBJECT_STORE
from gestral.db.migrate import downgrade, upgrade
from gestral.storage import ObjectStore
from gestral.testing.kit import Kit
from gestral_video import plugin
from gestral_video.articles.article import Article, Paragraph
from gestral_video.order import Order
from gestral_video.videos.jobs import REMOVED_AFTER
from gestral_video.videos.orders import keep_post, order_video

API = "/api/v1/video/videos"
POST = b"A title\n\nOne sentence is enough."


@pytest.fixture
def client(gestral: Kit) -> httpx.AsyncClient:
    return gestral.client(gestral.user("video:make", "video:watch"))


async def order(
    client: httpx.AsyncClient, text: bytes = POST, **choices: str
) -> tuple[int, dict[str, str]]:
    answer = await client.post(f"{API}/file", files={"file": ("a.txt", text)}, data=choices)
    assert answer.is_success, answer.text
    return answer.status_code, answer.json()


async def listed(client: httpx.AsyncClient) -> list[str]:
    return [one["id"] for one in (await client.get(API)).json()["items"]]


async def test_the_same_order_is_the_same_video(client: httpx.AsyncClient, gestral: Kit) -> None:
    created, video = await order(client)
    again, same = await order(client)
    assert (created, again, same) == (201, 200, video)
    others = {
        video["id"],
        (await order(client, format="9:16"))[1]["id"],
        (await order(client, POST + b" And another."))[1]["id"],
        (await order(gestral.client(gestral.user("video:make"))))[1]["id"],
    }
    assert len(others) == 4, "other choices, other words or another organisation make another video"
    assert len(await listed(client)) == 3


async def test_the_same_order_given_many_times_at_once_makes_one_video(gestral: Kit) -> None:
    organisation = uuid.uuid4()
    article = Article(address="upload:x", title="T", blocks=(Paragraph(id="b1", text="One."),))

    async def order() -> tuple[uuid.UUID, bool]:
        async with gestral.transaction(organisation) as session:
            post = await keep_post(session, organisation, article)
            video, new = await order_video(
                gestral.platform, session, post, Order(), ordered_by=uuid.uuid4()
            )
            return video.id, new

    found = await asyncio.gather(*(order() for _ in range(8)))
    assert Counter(new for _, new in found) == {True: 1, False: 7}
    assert len({video for video, _ in found}) == 1
    async with gestral.across_organisations() as session:
        connection = await session.connection()
        jobs = await connection.exec_driver_sql("SELECT count(*) FROM core.job")
        assert jobs.scalar() == 1


async def test_an_order_for_what_was_cancelled_has_it_made_after_all(
    client: httpx.AsyncClient,
) -> None:
    _, video = await order(client)
    await client.post(f"{API}/{video['id']}/cancel")
    status, again = await order(client)
    assert (status, again["id"], again["state"]) == (200, video["id"], "waiting")


async def test_what_was_deleted_can_be_ordered_anew(client: httpx.AsyncClient) -> None:
    _, video = await order(client)
    await client.delete(f"{API}/{video['id']}")
    status, anew = await order(client)
    assert status == 201
    assert anew["id"] != video["id"]


async def keys(store: ObjectStore) -> list[str]:
    return [info.key async for info in store.list("videos/")]


class FailsOnce:
    """A store that does not answer the first time that something is to be deleted."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.failed = False

    def list(self, prefix: str = "") -> AsyncIterator[object]:
        return self._store.list(prefix)

    async def delete(self, key: str) -> None:
        if not self.failed:
            self.failed = True
            raise RuntimeError("no answer")
        await self._store.delete(key)


async def test_the_files_of_a_deleted_video_go_though_the_store_fails_meanwhile(
    client: httpx.AsyncClient, gestral: Kit
) -> None:
    store = gestral.platform.get(OBJECT_STORE)
    _, video = await order(client)
    for number in (1, 2):
        await store.put(f"videos/{video['id']}/{number}/post.mp4", b"x", content_type="video/mp4")
    await store.put(f"videos/{uuid.uuid4()}/1/post.mp4", b"x", content_type="video/mp4")
    assert (await client.delete(f"{API}/{video['id']}")).status_code == 204
    assert len(await keys(store)) == 3, "the files went before what was deleted was committed"

    gestral.platform.replace(OBJECT_STORE, failing := FailsOnce(store))  # type: ignore[arg-type]
    gestral.clock.turn(seconds=REMOVED_AFTER)
    assert await gestral.run_jobs() == 1
    assert failing.failed
    assert len(await keys(store)) == 3
    gestral.clock.turn(seconds=60)
    assert await gestral.run_jobs() == 1
    assert len(await keys(store)) == 1


async def test_videos_that_were_ordered_twice_before_are_all_kept(gestral: Kit) -> None:
    owner = gestral.platform.core_settings.database_owner_url
    downgrade(owner, plugin, "0001")
    made = [uuid.UUID(int=number) for number in range(1, 4)]
    organisation, post = uuid.uuid4(), uuid.uuid4()
    with psycopg.connect(owner) as connection:
        connection.execute(
            "INSERT INTO video.post VALUES "
            "(%s, %s, NULL, '', 'a', 'r', 't', 'en', '{}', now(), now())",
            (post, organisation),
        )
        for one in made:
            connection.execute(
                'INSERT INTO video.video VALUES (%s, %s, %s, %s, NULL, \'{"mode": "full"}\', '
                "CASE WHEN %s THEN now() END, '', '{}', now(), now())",
                (one, organisation, uuid.uuid4(), post, one == made[1]),
            )
    upgrade(owner, (plugin,))
    with psycopg.connect(owner) as connection:
        rows = connection.execute("SELECT id, copy FROM video.video ORDER BY copy").fetchall()
    assert rows == [(made[1], 0), (made[2], 1), (made[0], 2)]
