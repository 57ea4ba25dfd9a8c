"""The video encoder, behind an interface small enough to put another in its place.

x264 comes inside the PyAV wheel as libx264, which is licensed under the GPL: depending on it leaves
Gestral's own licence alone, but whoever distributes an image or installer that contains that wheel
must meet the GPL for that part. Another encoder is a class with the same three methods.
"""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, cast

import av
import numpy as np

from gestral_video.render.patches import Planes

__all__ = ("ENCODER_VERSION", "Encoder", "X264Encoder")

# Measured on slow zooms and still text: the tools that ultrafast leaves out and that pay for
# themselves (CABAC, the loop filter, B-frames, 8x8 transform: High profile) put back one by one.
# Fewer bits at the same VMAF than veryfast, for about a third of its time.
_X264 = (
    "cabac=1:deblock=0,0:bframes=3:b-adapt=0:8x8dct=1:subme=1:aq-mode=1:"
    "open-gop=0:scenecut=0:chromaloc=1"
)
_QUALITY = 22
_BT709 = 1
_LIMITED = 1

ENCODER_VERSION = f"x264 {_X264} crf={_QUALITY} gop=1/2"
"""Part of every cache key."""


class Encoder(Protocol):
    """Makes a file of frames. Entered before the first frame, left after the last."""

    planes: Planes
    """Where the next frame is to be composed."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def add(self) -> None:
        """Encode what `planes` hold now as the next frame."""


class X264Encoder:
    """H.264 High in closed groups of pictures, one thread, into an MP4 of its own."""

    def __init__(self, path: Path, width: int, height: int, rate: int) -> None:
        self._container = av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"})
        stream = self._container.add_stream("libx264", rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.thread_count = 1
        context.gop_size = max(1, rate // 2)
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        stream.options = {
            "preset": "ultrafast",
            "crf": str(_QUALITY),
            "profile": "high",
            "x264-params": _X264,
        }
        self._stream = stream
        self._frame = av.VideoFrame(width, height, "yuv420p")
        self._count = 0
        self.planes: Planes = cast(
            Planes,
            tuple(
                np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[
                    :, : plane.width
                ]
                for plane in self._frame.planes
            ),
        )

    def __enter__(self) -> Self:
        return self

    def add(self) -> None:
        """Encode what `planes` hold now as the next frame."""
        self._frame.pts = self._count
        self._count += 1
        self._container.mux(self._stream.encode(self._frame))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._container.mux(self._stream.encode(None))
        self._container.close()
