"""Where a post comes from: an address, a file, or bytes that somebody uploaded."""

from gestral.capabilities import Fetcher
from gestral.errors import InputError
from gestral_video.articles.article import Article
from gestral_video.articles.pictures import Fetch, local_reader
from gestral_video.blogs.demo import demo_feed_path

__all__ = ("PAGE_BYTES", "PICTURE_BYTES", "picture_reader", "read_address")

PAGE_BYTES = 5 * 1024**2
PICTURE_BYTES = 20 * 1024**2
PAGE_DEADLINE = 20.0
PICTURE_DEADLINE = 30.0
"""Seconds."""

PAGES = ("text/html", "application/xhtml+xml")


async def read_address(address: str, fetcher: Fetcher) -> Article:
    """Read the post at an address of the web.

    Raises:
        FetchError: The address cannot be read.
        InputError: What is there is no post.
    """
    from gestral_video.articles.sandbox import extract_safely

    page = await fetcher.get(address, accept=PAGES, max_bytes=PAGE_BYTES, deadline=PAGE_DEADLINE)
    return await extract_safely(page.body, page.address, charset=page.charset)


def picture_reader(article: Article, fetcher: Fetcher) -> Fetch:
    """Return what reads the pictures of an article: the fetcher, and no file of this machine.

    The posts of the demonstration blog alone have their pictures in the package.
    """
    folder = demo_feed_path().parent
    if article.address.startswith(folder.as_uri() + "/"):
        return local_reader(demo_feed_path())

    async def read(address: str) -> bytes:
        if not address.startswith(("http://", "https://")):
            raise InputError(
                f"The picture {address} is not on the web.",
                hint="Give the post's address instead of a file, so that its pictures are found.",
                code="picture-not-local",
            )
        answer = await fetcher.get(
            address,
            accept=("image/*",),
            max_bytes=PICTURE_BYTES,
            deadline=PICTURE_DEADLINE,
            robots=False,  # part of a page that its site's robots.txt has let be read
        )
        return answer.body

    return read
