"""`/api/v1/video/videos`: ordering, watching, cancelling and deleting videos."""

import datetime as dt
import time
import uuid
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, MultipartBody
from litestar.response import ServerSentEvent, ServerSentEventMessage
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gestral.capabilities import FETCHER, JOBS, OBJECT_STORE, Identity, JobView
from gestral.errors import ConflictError, NotFoundError
from gestral.paging import Page, PageRequest, Paging
from gestral.plugin import Services
from gestral.storage import ObjectStore
from gestral_video.articles.article import Article
from gestral_video.casting import cast
from gestral_video.order import Order
from gestral_video.render.video import Chapter, Source
from gestral_video.script.script import Mode
from gestral_video.source import PAGE_BYTES, read_address
from gestral_video.storyboard.storyboard import CaptionMode, Format
from gestral_video.videos.jobs import FILES
from gestral_video.videos.models import VideoRow
from gestral_video.videos.orders import discard, enqueue, keep_post, order_video

__all__ = ("VideoController",)

WATCHABLE = 6 * 3600
"""Seconds for which the addresses of files in an answer work."""

VIDEOS = Paging(VideoRow.id)
READING = 90.0
"""Seconds that an order may take: fetching a page and reading it have limits of their own."""

SAME = 15 * 60
"""Seconds for which a file's address stays the same."""

State = Literal["waiting", "working", "ready", "failed", "cancelled"]


class AddressOrder(Order, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A video of the post at an address.

    Attributes:
        address: Of one post, which anybody can read.
    """

    address: Annotated[
        str, msgspec.Meta(min_length=1, max_length=2048, examples=["https://blog.example/tides"])
    ]


class FileOrder(Order, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A video of an uploaded post.

    Attributes:
        file: HTML, Markdown or text, as its name ends, of at most 5 MB.
    """

    file: UploadFile


Address = Annotated[str, msgspec.Meta(examples=["/files/videos/1/a?until=1769860800&signature=b"])]


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of a video's files, for GET without a session; they work for some hours.

    Attributes:
        mp4: The video; a part of it with the header `Range`.
        poster: The picture to show before it plays.
        webvtt: Captions.
        srt: Captions in the other form.
        descriptions: A track of what is only seen.
        chapter_track: The chapters as a track.
        transcript: What is said, as Markdown.
        mp4_download: The video under its title, to be saved.
    """

    mp4: Address
    poster: Address
    webvtt: Address
    srt: Address
    descriptions: Address
    chapter_track: Address
    transcript: Address
    mp4_download: Address


class VideoView(msgspec.Struct, frozen=True, kw_only=True):
    """A video as people see it.

    Attributes:
        id: Stays the same.
        title: The post's.
        address: The post's; `upload:` and a name for a file.
        state: Nothing is `working` for ever: it ends as one of the last three.
        stage: What is being done, in plain words.
        done: Steps of the stage that are done.
        total: Steps that the stage has, 0 when that is not known.
        reason: Why it failed, for people; else empty.
        mode: How much of the post is told.
        captions: How captions are burned in.
        format: Width to height.
        language: The post's, as a tag of BCP 47.
        created_at: When it was ordered.
        duration: In seconds; null until it is ready, as all that follows.
        width: In pixels.
        height: In pixels.
        size: Of the video file, in bytes.
        files: Where they are.
        chapters: In their order.
        sources: What came from elsewhere.
    """

    id: uuid.UUID
    title: Annotated[str, msgspec.Meta(examples=["How tides work"])]
    address: Annotated[str, msgspec.Meta(examples=["https://blog.example/tides"])]
    state: State
    stage: Annotated[str, msgspec.Meta(examples=["Rendering"])]
    done: Annotated[int, msgspec.Meta(ge=0)]
    total: Annotated[int, msgspec.Meta(ge=0)]
    reason: Annotated[str, msgspec.Meta(examples=[""])]
    mode: Mode
    captions: CaptionMode
    format: Format
    language: Annotated[str, msgspec.Meta(examples=["en"])]
    created_at: dt.datetime
    duration: float | None
    width: int | None
    height: int | None
    size: int | None
    files: Files | None
    chapters: tuple[Chapter, ...]
    sources: tuple[Source, ...]


THERE_ALREADY = {
    200: ResponseSpec(VideoView, description="It was ordered before", generate_examples=False)
}


class Details(msgspec.Struct, frozen=True):
    """What a finished video is known by; empty while there is none."""

    duration: float | None = None
    width: int | None = None
    height: int | None = None
    size: int | None = None
    chapters: tuple[Chapter, ...] = ()
    sources: tuple[Source, ...] = ()


class Listed(msgspec.Struct, frozen=True):
    """A row of `LIST`: a video and what is told of its post, but not the post itself."""

    id: uuid.UUID
    job_id: uuid.UUID | None
    created_at: dt.datetime
    ready_at: dt.datetime | None
    folder: str
    details: str
    mode: Mode
    captions: CaptionMode
    format: Format
    title: str
    address: str
    language: str


LAST = uuid.UUID(int=2**128 - 1)
"""Beyond all ids."""

LIST = """
    SELECT v.id, v.job_id, v.created_at, v.ready_at, v.folder, v.details::text AS details,
        v.choices ->> 'mode' AS mode, v.choices ->> 'captions' AS captions,
        v.choices ->> 'format' AS format, p.title, p.address, p.language
    FROM video.video v JOIN video.post p ON p.id = v.post_id
    WHERE v.organisation_id = %(organisation)s AND v.id < %(before)s
    ORDER BY v.id DESC LIMIT %(rows)s
"""


class VideoController(Controller):
    """The videos of the visitor's organisation."""

    path = "/videos"

    @post(
        "/",
        permission="video:make",
        responses=THERE_ALREADY,
        deadline=READING,
        summary="Make a video of the post at an address",
    )
    async def order(
        self,
        data: JSONBody[AddressOrder],
        services: NamedDependency[Services],
        session: NamedDependency[AsyncSession],
        identity: NamedDependency[Identity],
    ) -> Response[VideoView]:
        """Read the post now, so that what is wrong with it is said now; make the video later."""
        article = await read_address(data.address, services.get(FETCHER))
        order = msgspec.convert(data, Order, from_attributes=True)
        return await _accept(services, session, identity, article, order)

    @post(
        "/file",
        permission="video:make",
        request_max_body_size=PAGE_BYTES + 64 * 1024,
        responses=THERE_ALREADY,
        deadline=READING,
        summary="Make a video of an uploaded post",
    )
    async def order_file(
        self,
        data: MultipartBody[FileOrder],
        services: NamedDependency[Services],
        session: NamedDependency[AsyncSession],
        identity: NamedDependency[Identity],
    ) -> Response[VideoView]:
        """Read the file now; make the video later."""
        order = msgspec.convert(data, Order, from_attributes=True)
        article = await _read_upload(data.file)
        return await _accept(services, session, identity, article, order)

    @get(
        "/",
        permission="video:watch",
        dependencies=VIDEOS.dependencies,
        summary="List videos, the newest first",
    )
    async def list_videos(
        self,
        services: NamedDependency[Services],
        identity: NamedDependency[Identity],
        page: NamedDependency[PageRequest],
    ) -> Page[VideoView]:
        """Return one page."""
        listed = await services.rows(
            Listed,
            LIST,
            {
                "organisation": identity.organisation_id,
                "before": page.after.key if page.after else LAST,
                "rows": page.rows,
            },
        )
        listed, cursor = page.cut(listed)
        # What is ready needs no job to be told of.
        making = [one.job_id for one in listed if one.job_id and not one.ready_at]
        jobs = await services.get(JOBS).views(making) if making else {}
        store = services.get(OBJECT_STORE)
        return Page(
            items=tuple(_view(store, one, jobs.get(one.job_id or one.id)) for one in listed),
            next=cursor,
        )

    @get("/{video_id:uuid}", permission="video:watch", summary="Show a video")
    async def show(
        self,
        video_id: FromPath[uuid.UUID],
        services: NamedDependency[Services],
        session: NamedDependency[AsyncSession],
        identity: NamedDependency[Identity],
    ) -> VideoView:
        """Return one video."""
        return await _shown(services, session, await _own(session, identity, video_id))

    @get(
        "/{video_id:uuid}/events",
        permission="video:watch",
        summary="Follow the making of a video",
        media_type="text/event-stream",
    )
    async def follow(
        self,
        video_id: FromPath[uuid.UUID],
        services: NamedDependency[Services],
        identity: NamedDependency[Identity],
    ) -> ServerSentEvent:
        """Send an event `progress` now and at every change; the stream ends with the making."""
        async with services.transaction() as session:
            job_id = (await _own(session, identity, video_id)).job_id
        return ServerSentEvent(_events(services, job_id))

    @post(
        "/{video_id:uuid}/cancel",
        permission="video:make",
        status_code=200,
        summary="Cancel the making of a video",
    )
    async def cancel(
        self,
        video_id: FromPath[uuid.UUID],
        services: NamedDependency[Services],
        session: NamedDependency[AsyncSession],
        identity: NamedDependency[Identity],
    ) -> VideoView:
        """Cancel, unless it is finished."""
        video = await _own(session, identity, video_id)
        if video.job_id is not None:
            await services.get(JOBS).cancel(session, video.job_id)
        return await _shown(services, session, video)

    @post(
        "/{video_id:uuid}/retry",
        permission="video:make",
        status_code=200,
        summary="Try again to make a video",
    )
    async def retry(
        self,
        video_id: FromPath[uuid.UUID],
        services: NamedDependency[Services],
        session: NamedDependency[AsyncSession],
        identity: NamedDependency[Identity],
    ) -> VideoView:
        """Start again what failed or was cancelled; stages that were done are not done again."""
        video = await _own(session, identity, video_id)
        state = (await _shown(services, session, video)).state
        if state not in {"failed", "cancelled"}:
            raise ConflictError(f"The video is {state}: there is nothing to try again.")
        await enqueue(services, session, video)
        return await _shown(services, session, video)

    @delete("/{video_id:uuid}", permission="video:make", summary="Delete a video")
    async def remove(
        self,
        video_id: FromPath[uuid.UUID],
        services: NamedDependency[Services],
        session: NamedDependency[AsyncSession],
        identity: NamedDependency[Identity],
    ) -> None:
        """Delete a video, and have its files deleted; what is being made is cancelled."""
        await discard(services, session, await _own(session, identity, video_id))


async def _accept(
    services: Services,
    session: AsyncSession,
    identity: Identity,
    article: Article,
    order: Order,
) -> Response[VideoView]:
    cast(services, order, article)
    kept = await keep_post(session, identity.organisation_id, article)
    video, new = await order_video(services, session, kept, order, ordered_by=identity.user_id)
    return Response(await _shown(services, session, video), status_code=201 if new else 200)


async def _read_upload(upload: UploadFile) -> Article:
    """Read an uploaded post; its pictures, which lie on somebody's disk, are not to be had."""
    from gestral_video.articles.read import read_bytes

    name = Path(upload.filename or "post.html").name
    return await read_bytes(await upload.read(), name, f"upload:{name}")


async def _own(session: AsyncSession, identity: Identity, video_id: uuid.UUID) -> VideoRow:
    """Return a video of the visitor's organisation; others' are not there.

    Raises:
        NotFoundError: There is none of this id.
    """
    rows = await session.scalars(
        select(VideoRow).where(
            VideoRow.id == video_id, VideoRow.organisation_id == identity.organisation_id
        )
    )
    video = rows.one_or_none()
    if video is None:
        raise NotFoundError("There is no such video.")
    return video


async def _shown(services: Services, session: AsyncSession, video: VideoRow) -> VideoView:
    job = None
    if video.job_id is not None and video.ready_at is None:
        views = await services.get(JOBS).views([video.job_id], session=session)
        job = views.get(video.job_id)
    return _view(services.get(OBJECT_STORE), _listed(video), job)


STATES: dict[str, State] = {
    "waiting": "waiting",
    "queued": "waiting",
    "running": "working",
    "done": "ready",
    "failed": "failed",
    "cancelled": "cancelled",
}


def _listed(video: VideoRow) -> Listed:
    """Return what the list would have read of a video."""
    post, choices = video.post, video.choices
    return Listed(
        *(video.id, video.job_id, video.created_at, video.ready_at, video.folder),
        msgspec.json.encode(video.details).decode(),
        *(choices["mode"], choices["captions"], choices["format"]),
        *(post.title, post.address, post.language),
    )


def _state(video: Listed, job: JobView | None) -> State:
    if video.ready_at is not None:
        return "ready"
    return STATES[job.state] if job is not None else "failed"


def _reason(job: JobView | None) -> str:
    return job.reason if job else "What became of it is no longer known: try again."


DETAILS = msgspec.json.Decoder(Details)


def _view(store: ObjectStore, video: Listed, job: JobView | None) -> VideoView:
    details = DETAILS.decode(video.details)
    state = _state(video, job)
    files = None
    if state == "ready":
        files = _files(store.address, video.folder, video.title, int(time.time()) // SAME)
    return VideoView(
        id=video.id,
        title=video.title,
        address=video.address,
        state=state,
        stage=job.stage if job else "",
        done=job.done if job else 0,
        total=job.total if job else 0,
        reason=_reason(job) if state == "failed" else "",
        mode=video.mode,
        captions=video.captions,
        format=video.format,
        language=video.language,
        created_at=video.created_at,
        duration=details.duration,
        width=details.width,
        height=details.height,
        size=details.size,
        files=files,
        chapters=details.chapters,
        sources=details.sources,
    )


@lru_cache(maxsize=2048)
def _files(address: Callable[..., str], folder: str, title: str, _now: int) -> Files:
    """Return the addresses of a video's files, for some minutes the same ones.

    To sign a page of them takes longer than to read it, and a browser that is given the same
    address again has the picture already.
    """
    return Files(
        **{
            "mp4" if attribute == "path" else attribute: address(
                f"{folder}/{name}", expires=WATCHABLE
            )
            for attribute, (name, _) in FILES.items()
        },
        mp4_download=address(
            f"{folder}/post.mp4", expires=WATCHABLE, download_name=f"{title[:80]}.mp4"
        ),
    )


async def _events(
    services: Services, job_id: uuid.UUID | None
) -> AsyncIterator[ServerSentEventMessage]:
    if job_id is None:
        return
    async for view in services.get(JOBS).watch(job_id):
        yield ServerSentEventMessage(event="progress", data=msgspec.json.encode(view).decode())
