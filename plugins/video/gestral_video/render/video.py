"""A finished video: the files on the local disk and what a page or a feed says of them."""

from typing import Annotated

import msgspec

__all__ = ("BESIDE", "Chapter", "Source", "Video")

BESIDE = {
    "webvtt": ".vtt",
    "srt": ".srt",
    "descriptions": ".descriptions.vtt",
    "chapter_track": ".chapters.vtt",
    "transcript": ".transcript.md",
    "poster": ".poster.jpg",
}
"""How the files beside `post.mp4` end. They must not look like a draft of the post, `post.md`, or a
picture of it, `post.jpg`: those lie in the same folder as often as not."""


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the video that can be jumped to.

    Attributes:
        title: As the post heads it.
        start: In seconds.
    """

    title: Annotated[str, msgspec.Meta(examples=["Why tides turn"])]
    start: float


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Something shown or said that came from elsewhere.

    Attributes:
        kind: The post, or a picture.
        address: Where it is.
        credit: Whom to name, as the post says.
        licence: Under which it may be used, as the post says.
    """

    kind: Annotated[str, msgspec.Meta(examples=["post"])]
    address: Annotated[str, msgspec.Meta(examples=["https://blog.example/tides"])]
    credit: str = ""
    licence: str = ""


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """A finished video. All paths are files on the local disk.

    Attributes:
        path: MP4: H.264 High and AAC, faststart, with chapters.
        webvtt: Captions.
        srt: Captions.
        descriptions: WebVTT: what is seen and not said.
        chapter_track: WebVTT: `chapters`.
        transcript: Markdown, every paragraph linked to its source.
        poster: JPEG of the size of the video.
        duration: Seconds, of the picture track.
        width: Pixels.
        height: Pixels.
        rate: Frames a second.
        size: Bytes of the MP4.
        chapters: At least one.
        sources: The post and every picture shown.
    """

    path: str
    webvtt: str
    srt: str
    descriptions: str
    chapter_track: str
    transcript: str
    poster: str
    duration: float
    width: int
    height: int
    rate: int
    size: int
    chapters: tuple[Chapter, ...] = ()
    sources: tuple[Source, ...] = ()
