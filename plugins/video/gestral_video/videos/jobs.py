"""The jobs: making a video, removing the files of one, and tidying the cache."""

import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gestral.capabilities import FETCHER, MAILER, MEMBERS, OBJECT_STORE
from gestral.errors import JobError
from gestral.plugin import Job, JobContext
from gestral.settings import Settings

if TYPE_CHECKING:
    from gestral.storage import ObjectStore
    from gestral_video.make import Made
    from gestral_video.render.video import Video

__all__ = (
    "MAKE",
    "REMOVE",
    "REMOVED_AFTER",
    "TIDY",
    "MakeArguments",
    "RemoveArguments",
    "TidyArguments",
)

KEPT = 14 * 24 * 3600.0
"""Seconds after which a file of the cache that nobody used is deleted."""


REMOVED_AFTER = 60.0
"""Seconds after a video's deletion until its files are: who still makes it notices before."""


class MakeArguments(msgspec.Struct, frozen=True, kw_only=True):
    """Which video to make."""

    video_id: uuid.UUID


class RemoveArguments(msgspec.Struct, frozen=True, kw_only=True):
    """Whose files to delete."""

    video_id: uuid.UUID


class TidyArguments(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is to be said."""


async def make_video(context: JobContext, arguments: MakeArguments) -> None:
    """Make a video and keep its files; a second run finds every stage in the cache."""
    from gestral_video.articles.article import Article
    from gestral_video.casting import cast
    from gestral_video.make import make
    from gestral_video.order import Order
    from gestral_video.source import picture_reader
    from gestral_video.videos.models import VideoRow

    services = context.services
    async with services.transaction() as session:
        video = await session.get(VideoRow, arguments.video_id)
        if video is None:
            raise JobError("The video was deleted.", code="video-deleted")
        article = msgspec.convert(video.post.article, Article)
        order = msgspec.convert(video.choices, Order)
    cache = services.cache("video")
    output = cache / "finished" / str(arguments.video_id) / "post.mp4"
    voice, writer = cast(services, order, article)
    made = await make(
        article,
        order,
        fetch=picture_reader(article, services.get(FETCHER)),
        cache=cache,
        output=output,
        tell=context.progress,
        voice=voice,
        writer=writer,
    )
    await context.progress("Storing the video")
    # Each attempt has a folder of its own, so that a late one cannot overwrite what is watched.
    folder = f"videos/{arguments.video_id}/{context.attempt}"
    await _store(services.get(OBJECT_STORE), folder, made.video)
    await _finish(context, arguments.video_id, folder, made)
    for file in output.parent.iterdir():
        file.unlink()
    output.parent.rmdir()


FILES = {
    "path": ("post.mp4", "video/mp4"),
    "poster": ("post.jpg", "image/jpeg"),
    "webvtt": ("post.vtt", "text/vtt"),
    "srt": ("post.srt", "application/x-subrip"),
    "descriptions": ("post.descriptions.vtt", "text/vtt"),
    "chapter_track": ("post.chapters.vtt", "text/vtt"),
    "transcript": ("post.md", "text/markdown"),
}
"""The files of a `Video` by its attributes: the name in the store and the media type."""


async def _store(store: "ObjectStore", folder: str, video: "Video") -> None:
    for attribute, (name, media_type) in FILES.items():
        file = Path(getattr(video, attribute))
        await store.put(f"{folder}/{name}", file, content_type=media_type)


async def _finish(context: JobContext, video_id: uuid.UUID, folder: str, made: "Made") -> None:
    """Write that the video is ready, and have whoever ordered it told, in one transaction."""
    from gestral.capabilities import CLOCK
    from gestral_video.videos.models import VideoRow

    services = context.services
    details = msgspec.to_builtins(made.video) | {"problems": msgspec.to_builtins(made.problems)}
    for attribute in FILES:
        del details[attribute]
    async with services.transaction() as session:
        video = await session.get(VideoRow, video_id, with_for_update={"of": VideoRow})
        if video is None:
            raise JobError("The video was deleted meanwhile.", code="video-deleted")
        video.folder = folder
        video.details = details
        video.ready_at = services.get(CLOCK).now()
        mailer, members = services.find(MAILER), services.find(MEMBERS)
        if mailer is None or members is None:
            return
        for member in await members.members(session, video.organisation_id):
            if member.user_id == video.ordered_by:
                await mailer.send(
                    session,
                    "video/ready",
                    member.email,
                    {
                        "name": member.name,
                        "title": video.post.title,
                        "address": f"{services.settings(Settings).public_url}/video/videos",
                    },
                    key=f"video-ready:{video_id}:{member.user_id}",
                )


async def remove_files(context: JobContext, arguments: RemoveArguments) -> None:
    """Delete the files of a video whose row is gone, those of every attempt at it."""
    store = context.services.get(OBJECT_STORE)
    keys = [info.key async for info in store.list(f"videos/{arguments.video_id}/")]
    for key in keys:
        await store.delete(key)


async def tidy(context: JobContext, arguments: TidyArguments) -> None:
    """Delete what the cache holds and nobody used for two weeks."""
    del arguments
    before = time.time() - KEPT
    for file in context.services.cache("video").rglob("*"):
        if file.is_file() and max(file.stat().st_atime, file.stat().st_mtime) < before:
            file.unlink(missing_ok=True)


MAKE = Job(
    name="make",
    arguments=MakeArguments,
    run=make_video,
    timeout=3600.0,
    attempts=3,
    queue="render",
)
REMOVE = Job(
    name="remove_files", arguments=RemoveArguments, run=remove_files, timeout=600.0, attempts=10
)
TIDY = Job(name="tidy", arguments=TidyArguments, run=tidy, timeout=600.0, cron="17 4 * * *")
