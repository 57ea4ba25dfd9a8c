"""Foreign pages, posts and pictures are read in limited child processes: see `gestral.limited`."""

from pathlib import Path
from typing import Final

import msgspec

from gestral.errors import InputError
from gestral.limited import Limits, run_limited

from .article import Article, Picture

__all__ = ("PAGE_LIMIT", "extract_safely", "prepare_safely", "read_text_safely")

PAGE_LIMIT: Final = 5_000_000
"""Bytes of HTML that are read at most; the longest posts are well below a tenth of it."""
PICTURE_LIMITS: Final = Limits(cpu=15, clock=30.0)


class PageArguments(msgspec.Struct):
    """An HTML page; `charset` is what its server claimed."""

    page: bytes
    address: str
    charset: str | None = None


class TextArguments(msgspec.Struct):
    """A Markdown or text file; `name` is for messages."""

    data: bytes
    name: str
    address: str
    markdown: bool


class PictureArguments(msgspec.Struct):
    """A picture, and the folder that its file goes into."""

    data: bytes
    address: str
    folder: str


async def extract_safely(page: bytes, address: str, *, charset: str | None = None) -> Article:
    """`extract.extract` in a child process with limits.

    Raises:
        InputError: What the extraction raises, and `unreadable-page` when it dies or overruns.
    """
    return await run_limited(
        "gestral_video.articles.tasks:read_page",
        PageArguments(page, address, charset),
        Article,
        overrun=_unreadable(f"The page {address}"),
    )


async def read_text_safely(data: bytes, name: str, address: str, *, markdown: bool) -> Article:
    """`plain.page_of` and `extract.extract_whole` in a child process with limits.

    Raises:
        InputError: What these raise, and `unreadable-page` when the child dies or overruns.
    """
    return await run_limited(
        "gestral_video.articles.tasks:read_text",
        TextArguments(data, name, address, markdown),
        Article,
        overrun=_unreadable(f"The file {name}"),
    )


async def prepare_safely(data: bytes, address: str, folder: Path) -> Picture:
    """`pictures.prepare` in a child process with limits.

    Raises:
        InputError: What the preparation raises, and `broken-picture` when it dies or overruns.
    """
    return await run_limited(
        "gestral_video.articles.tasks:prepare_picture",
        PictureArguments(data, address, str(folder)),
        Picture,
        limits=PICTURE_LIMITS,
        overrun=InputError(
            f"The picture {address} could not be read within the limits of time and memory.",
            code="broken-picture",
        ),
    )


def _unreadable(what: str) -> InputError:
    return InputError(
        f"{what} could not be read within the limits of time and memory.",
        hint="Give a simpler page, or the post as a Markdown file.",
        code="unreadable-page",
    )
