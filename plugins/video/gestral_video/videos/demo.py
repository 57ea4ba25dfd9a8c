"""The demonstration: the small blog that ships with the plugin, and its first video."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gestral.capabilities import MEMBERS
from gestral.plugin import Services
from gestral_video.articles.read import read_file
from gestral_video.blogs.demo import demo_feed_path, demo_posts
from gestral_video.blogs.reading import read_feed
from gestral_video.order import Order
from gestral_video.videos.models import BlogRow, VideoRow
from gestral_video.videos.orders import keep_post, order_video

__all__ = ("fill_in",)


async def fill_in(services: Services) -> Sequence[str]:
    """Give the demonstration organisation the blog, and order the video of its first post."""
    members = services.find(MEMBERS)
    if members is None:
        return ()
    path = demo_feed_path()
    feed = await read_feed(path.read_bytes(), path.as_uri())
    articles = [await read_file(post) for post in demo_posts()]
    async with services.across_organisations() as session:
        organisation_id = await members.demo_organisation(session)
        if organisation_id is None:
            return ()
    async with services.transaction(organisation_id) as session:
        people = await members.members(session, organisation_id)
        blog = {"organisation_id": organisation_id, "address": feed.address, "title": feed.title}
        await session.execute(insert(BlogRow).values(**blog).on_conflict_do_nothing())
        blog_id = await session.scalar(
            select(BlogRow.id).where(
                BlogRow.organisation_id == organisation_id, BlogRow.address == feed.address
            )
        )
        posts = [
            await keep_post(session, organisation_id, article, blog_id=blog_id)
            for article in articles
        ]
        made = await session.scalar(
            select(VideoRow.id).where(VideoRow.organisation_id == organisation_id).limit(1)
        )
        if made is None:
            ordered_by = people[0].user_id if people else uuid.UUID(int=0)
            await order_video(services, session, posts[0], Order(), ordered_by=ordered_by)
    if made is None:
        return (f"The blog {feed.title!r} is there, and its first video is being made.",)
    return (f"The blog {feed.title!r} is there.",)
