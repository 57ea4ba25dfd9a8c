"""Scenes and sound into one file, by copying packets: nothing is encoded again."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet

from gestral_video.render.languages import track_language
from gestral_video.render.media import open_media
from gestral_video.render.video import Chapter

__all__ = ("join",)

_MILLISECOND = Fraction(1, 1000)


def join(
    segments: Sequence[tuple[Path, int]],
    sound: Path,
    path: Path,
    *,
    rate: int,
    title: str,
    language: str,
    address: str,
    licence: str,
    chapters: Sequence[Chapter],
    duration: float,
) -> None:
    """Write an MP4 with faststart.

    Args:
        segments: The picture's files in order, each with the number of its frames.
        sound: The sound's file.
        path: Where to write.
        rate: Frames a second.
        title: Written as metadata, like address and licence where they are not empty.
        language: Of the post, as a tag of BCP 47: both tracks are marked with it.
        address: Of the post.
        licence: Of the post.
        chapters: Rising, the first at 0.
        duration: Of the picture, in seconds.

    Raises:
        RuntimeError: Segments were encoded differently and cannot be joined.
    """
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as output:
        output.metadata.update(_metadata(title, address, licence))
        _set_chapters(output, chapters, duration)
        with open_media(segments[0][0], "mp4") as first, open_media(sound, "mp4") as heard:
            template = first.streams.video[0]
            video = output.add_stream_from_template(template)
            audio = output.add_stream_from_template(heard.streams.audio[0])
            for stream in (video, audio):
                stream.metadata["language"] = track_language(language)
            parameters = bytes(template.codec_context.extradata or b"")
            pictures = _pictures(segments, parameters, rate)
            sounds = (p for p in heard.demux(audio=0) if p.dts is not None)
            for packet in merge(pictures, sounds, key=_seconds):
                packet.stream = video if packet.stream.type == "video" else audio
                output.mux_one(packet)


def _pictures(
    segments: Iterable[tuple[Path, int]], parameters: bytes, rate: int
) -> Iterator["Packet[Any]"]:
    """The packets of all segments, each shifted by the frames before it."""
    frames = 0
    for path, count in segments:
        with open_media(path, "mp4") as container:
            stream = container.streams.video[0]
            if bytes(stream.codec_context.extradata or b"") != parameters:
                raise RuntimeError(f"{path} was encoded with other settings than the first scene.")
            if stream.time_base is None:
                raise RuntimeError(f"{path} has no time base.")
            shift = int(Fraction(frames, rate) / stream.time_base)
            for packet in container.demux(stream):
                if packet.dts is None or packet.pts is None:
                    continue
                packet.pts += shift
                packet.dts += shift
                yield packet
        frames += count


def _seconds(packet: "Packet[Any]") -> Fraction:
    return (packet.dts or 0) * (packet.time_base or Fraction(1))


def _metadata(title: str, address: str, licence: str) -> dict[str, str]:
    told = {"title": title, "comment": address, "copyright": licence}
    return {key: value for key, value in told.items() if value}


def _set_chapters(output: OutputContainer, chapters: Sequence[Chapter], duration: float) -> None:
    ends = [*(chapter.start for chapter in chapters[1:]), duration]
    output.set_chapters(
        [
            {
                "id": number,
                "start": round(chapter.start * 1000),
                "end": round(end * 1000),
                "time_base": _MILLISECOND,
                "metadata": {"title": chapter.title},
            }
            for number, (chapter, end) in enumerate(zip(chapters, ends, strict=True))
        ]
    )
