"""Pictures of a post: fetched, checked, turned upright, in sRGB, on the local disk."""

import asyncio
import hashlib
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import msgspec

from gestral.errors import GestralError, InputError, NotFoundError, TooLargeError
from gestral_video.whole import written_whole

from .article import Article, Image, Picture
from .sandbox import prepare_safely

if TYPE_CHECKING:
    from PIL import Image as PillowImage

__all__ = ("PICTURES_LIMIT", "PictureProblem", "load", "local_reader", "prepare")

BYTES_LIMIT: Final = 25_000_000
"""Bytes of one picture file."""
PIXELS_LIMIT: Final = 64_000_000
"""Pixels of one picture as it comes: beyond any camera that blogs use, 192 MB when decoded."""
LONGEST_SIDE: Final = 2560
"""Pixels: enough for a slow zoom at 1080p; larger pictures are scaled down to it."""
SMALLEST_WIDTH: Final = 200
SMALLEST_HEIGHT: Final = 120
PICTURES_LIMIT: Final = 30
"""Pictures of one post that are fetched: the lead image and the first in reading order."""
_AT_ONCE: Final = 2
"""Pictures fetched and decoded side by side."""
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
"""Pillow knows some forty formats, most of them rarely tested; posts use these."""
_BACKGROUND: Final = (255, 255, 255)
"""Behind transparent pictures: drawings with dark lines are made for white pages."""

Fetch = Callable[[str], Awaitable[bytes]]
"""Gives the bytes at an address, or raises a GestralError."""


class PictureProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that a post goes without.

    Attributes:
        address: Which.
        code: Why, for programs: the code of the error.
        reason: Why, for people.
    """

    address: str
    code: str
    reason: str


async def load(
    article: Article, folder: Path, fetch: Fetch
) -> tuple[dict[str, Picture], tuple[PictureProblem, ...]]:
    """The pictures of an article by their addresses, and what is wrong with the others.

    A picture that fails never fails the post. Each is decoded in a child process of its own:
    decoders are the code most attacked of all, and a bad picture must not take good ones with it.

    Args:
        article: Whose lead image and images are wanted, at most `PICTURES_LIMIT` of them.
        folder: Where the files go; it is made if it is not there.
        fetch: Reads an address: the platform's fetcher, or `local_reader`.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    wanted = list(
        dict.fromkeys(
            address
            for address in (
                article.lead_image,
                *(block.address for block in article.blocks if isinstance(block, Image)),
            )
            if address
        )
    )
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(address: str) -> Picture | PictureProblem:
        async with gate:
            try:
                return await prepare_safely(await fetch(address), address, folder)
            except GestralError as error:
                return PictureProblem(address=address, code=error.code, reason=str(error))

    found = await asyncio.gather(*map(one, wanted[:PICTURES_LIMIT]))
    pictures = {picture.address: picture for picture in found if isinstance(picture, Picture)}
    problems = [problem for problem in found if isinstance(problem, PictureProblem)]
    problems += [
        PictureProblem(
            address=address,
            code="too-many-pictures",
            reason=f"The post has more than {PICTURES_LIMIT} pictures; this one is left out.",
        )
        for address in wanted[PICTURES_LIMIT:]
    ]
    return pictures, tuple(problems)


def local_reader(page: Path) -> Fetch:
    """A `Fetch` for a page read from a file: files beside or below the page, and no others.

    It takes what extraction makes of the page's relative addresses: `file:` addresses and paths.
    """
    root = page.resolve().parent

    async def read(address: str) -> bytes:
        return await asyncio.to_thread(_read_beside, root, address)

    return read


def _read_beside(root: Path, address: str) -> bytes:
    parts = urlsplit(address)
    if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost"):
        raise InputError(
            f"The picture {address} is on the internet, and the page was read from a file.",
            hint="Give the page's address instead of the file to have it fetched.",
            code="picture-not-local",
        )
    file = (root / unquote(parts.path)).resolve()
    if not file.is_relative_to(root):
        raise InputError(
            f"The picture {address} lies outside the folder of its page.",
            hint="Put it beside the page.",
            code="picture-outside",
        )
    try:
        if file.stat().st_size > BYTES_LIMIT:
            raise _too_large(address)
        return file.read_bytes()
    except OSError as error:
        raise NotFoundError(
            f"There is no picture file {file.name} at {address}.", code="no-such-file"
        ) from error


def prepare(data: bytes, address: str, folder: Path) -> Picture:
    """The picture in `data`, written into `folder` under its digest as PNG or JPEG in sRGB.

    It is the first frame, turned upright, without transparency, scaled down to `LONGEST_SIDE`.

    Raises:
        TooLargeError: `too-large`, in bytes or in pixels.
        InputError: `svg-picture`, `broken-picture`, or `picture-too-small` to be shown.
    """
    from PIL import Image as Pillow
    from PIL import ImageOps

    if len(data) > BYTES_LIMIT:
        raise _too_large(address)
    if _is_svg(data):
        raise InputError(
            f"The picture {address} is an SVG drawing, which is not read.",
            hint="Offer it as PNG as well.",
            code="svg-picture",
        )
    Pillow.MAX_IMAGE_PIXELS = None  # it only warns; the size is judged below, before decoding
    try:
        opened = Pillow.open(io.BytesIO(data), formats=_FORMATS)
        _require_size(opened.size, address)
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Pillow.Resampling.LANCZOS)
        flat = _in_srgb(upright)
    except GestralError:
        raise
    except (OSError, ValueError, SyntaxError, TypeError, ArithmeticError, LookupError) as error:
        # What Pillow's decoders raise for broken files is documented nowhere and grows.
        raise InputError(
            f"The picture {address} is broken, or not a PNG, JPEG, GIF, WebP or AVIF.",
            code="broken-picture",
        ) from error
    encoded, suffix = _encoded(flat, lossless=opened.format in ("PNG", "GIF"))
    digest = hashlib.sha256(encoded).hexdigest()
    path = folder / f"{digest}{suffix}"
    if not path.exists():
        with written_whole(path) as unfinished:
            unfinished.write_bytes(encoded)
    return Picture(
        address=address, path=str(path), width=flat.width, height=flat.height, digest=digest
    )


def _too_large(address: str) -> TooLargeError:
    return TooLargeError(
        f"The picture {address} has more than {BYTES_LIMIT // 1_000_000} MB.", code="too-large"
    )


def _is_svg(data: bytes) -> bool:
    head = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return (
        head.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg"))
        and b"<svg" in data[:5000].lower()
    )


def _require_size(size: tuple[int, int], address: str) -> None:
    width, height = size
    if width * height > PIXELS_LIMIT:
        raise TooLargeError(
            f"The picture {address} has {width} x {height} pixels;"
            f" up to {PIXELS_LIMIT // 1_000_000} million are read.",
            hint="Offer it in a smaller size.",
            code="too-large",
        )
    if width < SMALLEST_WIDTH or height < SMALLEST_HEIGHT:
        raise InputError(
            f"The picture {address} has only {width} x {height} pixels, too few to be shown large.",
            code="picture-too-small",
        )


def _in_srgb(image: "PillowImage.Image") -> "PillowImage.Image":
    """Any mode and colour profile as opaque RGB in sRGB."""
    from PIL import Image as Pillow
    from PIL import ImageCms

    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            image = converted if converted is not None else image
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: the numbers as they are come closest
    if image.mode == "I;16":
        image = image.point(lambda value: value / 256).convert("L")
    image = image.convert("RGB")
    if alpha is not None:
        flat = Pillow.new("RGB", image.size, _BACKGROUND)
        flat.paste(image, mask=alpha)
        return flat
    return image


def _encoded(image: "PillowImage.Image", *, lossless: bool) -> tuple[bytes, str]:
    """Drawings stay sharp as PNG, photographs small as JPEG."""
    buffer = io.BytesIO()
    if lossless:
        image.save(buffer, "PNG", compress_level=4)
        return buffer.getvalue(), ".png"
    image.save(buffer, "JPEG", quality=92, subsampling=0)
    return buffer.getvalue(), ".jpg"
