"""The blog that ships with Gestral: three posts, for first videos and for tests."""

from pathlib import Path
from typing import Final

__all__ = ("demo_feed_path", "demo_posts")

_FOLDER: Final = Path(__file__).with_name("demo")


def demo_feed_path() -> Path:
    """The Atom feed of the demonstration blog; its entries lead to `file:` addresses beside it."""
    return _FOLDER / "feed.xml"


def demo_posts() -> tuple[Path, ...]:
    """The posts of the demonstration blog as HTML files, the newest first, as in its feed."""
    return tuple(
        _FOLDER / name
        for name in (
            "what-makes-sourdough-rise.html",
            "why-a-stone-bridge-stands.html",
            "how-a-lighthouse-lens-works.html",
        )
    )
