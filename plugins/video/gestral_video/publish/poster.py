"""The poster: the still that stands for the video."""

from pathlib import Path

from PIL import Image

__all__ = ("write_poster",)


def write_poster(frame: Image.Image, path: Path) -> None:
    """Write a frame as a progressive JPEG with full colour resolution."""
    frame.save(path, "JPEG", quality=88, progressive=True, subsampling=0, optimize=True)
