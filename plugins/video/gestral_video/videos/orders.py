"""Ordering videos: the post is kept as it was read, the video is written, the job is asked for."""

import hashlib
import uuid
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gestral.capabilities import JOBS
from gestral.errors import ConflictError
from gestral.plugin import Services
from gestral_video.articles.article import Article
from gestral_video.order import Order
from gestral_video.videos.jobs import (
    MAKE,
    REMOVE,
    REMOVED_AFTER,
    MakeArguments,
    RemoveArguments,
)
from gestral_video.videos.models import PostRow, VideoRow

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ("discard", "enqueue", "keep_post", "order_video")


async def keep_post(
    session: "AsyncSession",
    organisation_id: uuid.UUID,
    article: Article,
    *,
    blog_id: uuid.UUID | None = None,
    entry_id: str = "",
) -> PostRow:
    """Keep a post as it was read, once for each revision, and return its row."""
    content = msgspec.to_builtins(article)
    revision = hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
    await session.execute(
        insert(PostRow)
        .values(
            organisation_id=organisation_id,
            blog_id=blog_id,
            entry_id=entry_id,
            address=article.address[:2048],
            revision=revision,
            title=article.title[:500],
            language=article.language[:35],
            article=content,
        )
        .on_conflict_do_nothing()
    )
    rows = await session.scalars(
        select(PostRow).where(
            PostRow.organisation_id == organisation_id,
            PostRow.address == article.address[:2048],
            PostRow.revision == revision,
        )
    )
    return rows.one()


async def order_video(
    services: Services,
    session: "AsyncSession",
    post: PostRow,
    order: Order,
    *,
    ordered_by: uuid.UUID,
) -> tuple[VideoRow, bool]:
    """Write a video and ask for the job that makes it, in the caller's transaction.

    Returns:
        The video, and whether it is new: the same order again is the same video. One that failed or
        was cancelled is tried again.

    Raises:
        ConflictError: Somebody deleted it at this very moment.
    """
    natural_key = {
        "organisation_id": post.organisation_id,
        "post_id": post.id,
        "choices": msgspec.to_builtins(order),
        "copy": 0,
    }
    new_id = await session.scalar(
        insert(VideoRow)
        .values(**natural_key, ordered_by=ordered_by)
        .on_conflict_do_nothing(index_elements=list(natural_key))
        .returning(VideoRow.id)
    )
    video = await session.scalar(
        select(VideoRow).filter_by(**natural_key).with_for_update(of=VideoRow)
    )
    if video is None:
        raise ConflictError("The same video was deleted just now.", hint="Order it once more.")
    if video.ready_at is None:
        await enqueue(services, session, video)
    return video, new_id is not None


async def enqueue(services: Services, session: "AsyncSession", video: VideoRow) -> None:
    """Ask for the job that makes a video; while one is unfinished there is no second."""
    video.job_id = await services.get(JOBS).enqueue(
        session,
        MAKE,
        MakeArguments(video_id=video.id),
        key=str(video.id),
        organisation_id=video.organisation_id,
    )
    await session.flush()


async def discard(services: Services, session: "AsyncSession", video: VideoRow) -> None:
    """Delete a video, and have its files deleted; what is being made is cancelled."""
    jobs = services.get(JOBS)
    if video.job_id is not None:
        await jobs.cancel(session, video.job_id)
    await session.delete(video)
    await jobs.enqueue(
        session,
        REMOVE,
        RemoveArguments(video_id=video.id),
        key=str(video.id),
        organisation_id=video.organisation_id,
        delay=REMOVED_AFTER,
    )
