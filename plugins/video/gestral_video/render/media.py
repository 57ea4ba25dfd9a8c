"""Opening sound and pictures that move: files of known formats, and nothing that they may name.

FFmpeg guesses what a file is, and some formats are lists of other files or of addresses (HLS,
concat). A file that says it is one thing and is another must not make it read or fetch those.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import av

if TYPE_CHECKING:
    from av.container import InputContainer

__all__ = ("open_media",)


def open_media(path: str | Path, kind: Literal["mp4", "wav"]) -> "InputContainer":
    """Open a file of the local disk for reading.

    Args:
        path: A file; what looks like an address is the name of one too.
        kind: The only format that is read.

    Raises:
        OSError: It cannot be read.
        av.FFmpegError: It is of another format.
    """
    return av.open(f"file:{path}", format=kind, options={"protocol_whitelist": "file"})
