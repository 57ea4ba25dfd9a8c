"""Two organisations on one platform, each with everything in it that there can be."""

import uuid
from dataclasses import dataclass, field
from typing import get_args

import httpx
import msgspec
import pytest
from sqlalchemy import delete, update

from gestral.capabilities import CLOCK, MAILER, OBJECT_STORE
from gestral.jobs.model import JobRow
from gestral.settings import Settings
from gestral.testing.kit import Kit
from gestral.testing.tenants import Belongings, belongings
from gestral_auth.models import ROLES, Membership, Organisation, UserAccount
from gestral_auth.sessions import cookie_name, open_session
from gestral_auth.settings import AuthSettings
from gestral_email.models import Message
from gestral_email.transports import MailboxTransport
from gestral_video.articles.article import Article, Paragraph
from gestral_video.order import Order
from gestral_video.storyboard.storyboard import Format
from gestral_video.videos.jobs import FILES
from gestral_video.videos.models import BlogRow
from gestral_video.videos.orders import keep_post, order_video

VIDEOS = "/api/v1/video/videos"
LISTS = (VIDEOS, "/api/v1/email/mailbox")
JOB_STATES = {"16:9": "done", "9:16": "running", "1:1": "failed", "4:5": "waiting"}
"""The state of the job of the video in each format."""


@dataclass
class Tenant:
    """An organisation, and how its people sign in.

    Attributes:
        word: Stands in all that it has, and nowhere else.
        tokens: Of a session of each role, and of somebody who has left.
        ready: The video that can be watched.
        cursors: Of the second pages of its lists.
    """

    kit: Kit
    word: str
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    tokens: dict[str, str] = field(default_factory=dict)
    ready: uuid.UUID = field(default_factory=uuid.uuid4)
    cursors: tuple[str, ...] = ()

    def client(self, who: str = "") -> httpx.AsyncClient:
        """Return a client of one of its people, or of nobody; its cookie is not changed."""
        client = self.kit.client()
        if who:
            name = cookie_name(self.kit.platform.settings(Settings).public_url)
            client.headers["Cookie"] = f"{name}={self.tokens[who]}"
        return client

    @property
    def belongings(self) -> Belongings:
        """What it has in the database, with its word and its cursors."""
        platform = self.kit.platform
        owner = platform.core_settings.database_owner_url
        found = belongings(owner, platform.registry.plugins, self.id)
        return msgspec.structs.replace(
            found, labels=found.labels + self.cursors, words=(*found.words, self.word)
        )

    async def files(self) -> dict[str, str]:
        """Return what it has in the store, by key."""
        store = self.kit.platform.get(OBJECT_STORE)
        return {one.key: one.etag async for one in store.list(f"videos/{self.ready}/")}

    async def fill(self) -> None:
        """Give it people, mail, a blog, posts, videos in all states, files and kept answers."""
        await self._people()
        await self._mail()
        await self._videos()
        answer = await self.client("editor").post(
            f"{VIDEOS}/file",
            files={"file": ("a.txt", f"{self.word}\n\nOne sentence is enough.".encode())},
            headers={"Idempotency-Key": f"key-{self.word}"},
        )
        assert answer.status_code == 201, answer.text
        found = [
            (await self.client("owner").get(path, params={"limit": 1})).json()["next"]
            for path in LISTS
        ]
        assert all(found)
        self.cursors = tuple(found)

    async def _people(self) -> None:
        platform = self.kit.platform
        async with platform.across_organisations() as session:
            session.add(Organisation(id=self.id, name=self.word, slug=self.word.lower()))
            await session.flush()
            for who in (*ROLES, "former"):
                person = UserAccount(
                    email=f"{who}@{self.word}.example".lower(),
                    name=f"{who} {self.word}",
                    password_hash=self.word,
                )
                session.add(person)
                await session.flush()
                role = who if who in ROLES else "owner"
                session.add(Membership(user_id=person.id, organisation_id=self.id, role=role))
                self.tokens[who] = await open_session(
                    session,
                    platform.settings(AuthSettings),
                    user_id=person.id,
                    organisation_id=self.id,
                    user_agent=self.word,
                    now=platform.get(CLOCK).now(),
                )
                if who == "former":
                    await session.execute(delete(Membership).where(Membership.user_id == person.id))

    async def _mail(self) -> None:
        mailer = self.kit.platform.get(MAILER)
        context = {"name": self.word, "title": self.word, "address": "http://gestral.test"}
        async with self.kit.transaction(self.id) as session:
            for number in range(2):
                to, key = f"owner@{self.word}.example", f"{self.word}:{number}"
                await mailer.send(session, "video/ready", to, context, key=key)
            sent = {"transport": MailboxTransport.name, "state": "sent"}
            await session.execute(update(Message).values(sent))

    async def _videos(self) -> None:
        platform = self.kit.platform
        article = Article(
            address=f"https://{self.word}.example/post".lower(),
            title=self.word,
            blocks=(Paragraph(id="b1", text=f"{self.word} is a word."),),
        )
        async with platform.transaction(self.id) as session:
            blog = BlogRow(
                organisation_id=self.id, address=f"https://{self.word}/", title=self.word
            )
            session.add(blog)
            await session.flush()
            post = await keep_post(session, self.id, article, blog_id=blog.id)
            for form in get_args(Format):
                video, _ = await order_video(
                    platform, session, post, Order(format=form), ordered_by=uuid.uuid4()
                )
                await session.execute(
                    update(JobRow)
                    .where(JobRow.id == video.job_id)
                    .values(state=JOB_STATES[form], stage=self.word, reason=self.word)
                )
                if JOB_STATES[form] == "done":
                    self.ready = video.id
                    video.ready_at = platform.get(CLOCK).now()
                    video.folder = f"videos/{video.id}/1"
        store = platform.get(OBJECT_STORE)
        for name, media_type in FILES.values():
            key = f"videos/{self.ready}/1/{name}"
            await store.put(key, self.word.encode(), content_type=media_type)


@pytest.fixture
async def hers(gestral: Kit) -> Tenant:
    """The organisation that strangers try to reach."""
    made = Tenant(gestral, "Amaryllis")
    await made.fill()
    return made


@pytest.fixture
async def theirs(gestral: Kit, hers: Tenant) -> Tenant:
    """The organisation of the strangers: as full, so that what all have tells nothing."""
    assert hers
    made = Tenant(gestral, "Buttercup")
    await made.fill()
    return made
