"""Having a script written, once: what was written is kept, for some writers cost money."""

import asyncio
import hashlib
from pathlib import Path

import msgspec

from gestral_video.articles.article import Article
from gestral_video.order import Order
from gestral_video.script.script import Script
from gestral_video.script.writer import ScriptWriter
from gestral_video.whole import written_whole

__all__ = ("commission",)

FORM = 1
"""Raised whenever scripts that were kept would be read otherwise."""


async def commission(article: Article, order: Order, writer: ScriptWriter, folder: Path) -> Script:
    """Have a writer write a script, or take the one that it wrote before.

    Args:
        article: The post.
        order: What is wanted.
        writer: Who writes.
        folder: Where scripts are kept under the hash of what shapes them; made if it is not there.

    Raises:
        InputError: The article cannot be told so, or not by this writer.
        ServiceError: What writes does not work.
    """
    language = order.language or article.language
    key = msgspec.json.encode(
        [FORM, order.writer, writer.version, order.mode, language, article], order="sorted"
    )
    file = folder / f"{hashlib.sha256(key).hexdigest()}.json"
    kept = await asyncio.to_thread(_kept, file)
    if kept is not None:
        return kept
    script = await writer.write(article, mode=order.mode, language=language)
    await asyncio.to_thread(_keep, file, script)
    return script


def _keep(file: Path, script: Script) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(file) as draft:
        draft.write_bytes(msgspec.json.encode(script))


def _kept(file: Path) -> Script | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Script)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
