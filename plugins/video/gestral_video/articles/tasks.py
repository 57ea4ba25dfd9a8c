"""What limited child processes do with foreign pages, posts and pictures; see `sandbox`."""

from pathlib import Path

from .article import Article, Picture
from .sandbox import PageArguments, PictureArguments, TextArguments

__all__ = ("prepare_picture", "read_page", "read_text")


def read_page(given: PageArguments) -> Article:
    """The article of an HTML page."""
    from .extract import extract

    return extract(given.page, given.address, charset=given.charset)


def read_text(given: TextArguments) -> Article:
    """The article of a Markdown or text file."""
    from .extract import extract_whole
    from .plain import page_of

    page = page_of(given.data, given.name, markdown=given.markdown)
    return extract_whole(page.encode(), given.address)


def prepare_picture(given: PictureArguments) -> Picture:
    """The picture as it is shown, in a file."""
    from .pictures import prepare

    return prepare(given.data, given.address, Path(given.folder))
