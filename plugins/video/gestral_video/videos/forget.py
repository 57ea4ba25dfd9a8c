"""What is deleted when an organisation is gone."""

from gestral.events import OrganisationDeleted
from gestral.plugin import JobContext

__all__ = ("forget_organisation",)


async def forget_organisation(context: JobContext, event: OrganisationDeleted) -> None:
    """Delete an organisation's blogs, posts and videos, and have the videos' files deleted."""
    from sqlalchemy import delete, select

    from gestral_video.videos.models import BlogRow, PostRow, VideoRow
    from gestral_video.videos.orders import discard

    gone = event.organisation_id
    async with context.services.transaction(gone) as session:
        for video in await session.scalars(
            select(VideoRow).where(VideoRow.organisation_id == gone)
        ):
            await discard(context.services, session, video)
        await session.flush()
        for table in (PostRow, BlogRow):
            await session.execute(delete(table).where(table.organisation_id == gone))
