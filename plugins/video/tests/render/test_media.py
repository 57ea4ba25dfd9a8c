"""Files that say they are sound or video, and are something else."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest
from PIL import Image

from gestral.errors import InputError
from gestral_video.render.media import open_media
from gestral_video.render.pictures import read_picture


@pytest.fixture
def bait() -> Iterator[socket.socket]:
    """Listens for whoever takes the bait."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


PLAYLIST = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:10
#EXTINF:10.0,
{target}
#EXT-X-ENDLIST
"""
SCRIPTS = {
    "HLS": PLAYLIST,
    "HLS of a list": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{target}\n",
    "HLS with a map": '#EXTM3U\n#EXT-X-MAP:URI="{target}"\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n',
    "HLS with a key": (
        '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:1,\nx.ts\n#EXT-X-ENDLIST\n'
    ),
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "subtitles": "1\n00:00:00,000 --> 00:00:09,000\n{target}\n",
    "SDP": "v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\na=control:{target}\n",
    "DASH": "<?xml version='1.0'?><MPD><BaseURL>{target}</BaseURL></MPD>",
}


@pytest.mark.parametrize("kind", ["mp4", "wav"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_list_of_other_files_is_no_sound_and_no_video(
    script: str, kind: Literal["mp4", "wav"], bait: socket.socket, tmp_path: Path
) -> None:
    address = f"http://127.0.0.1:{bait.getsockname()[1]}/secret"
    inside = tmp_path / "inside.wav"
    inside.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    for target in (address, "file:///etc/passwd", "/etc/passwd", str(inside)):
        file = tmp_path / f"take.{kind}"
        file.write_text(SCRIPTS[script].format(target=target))
        with pytest.raises((av.FFmpegError, OSError)), open_media(file, kind) as container:
            list(container.decode())
    with pytest.raises(BlockingIOError):
        bait.accept()


@pytest.mark.parametrize(
    "name", ["http://127.0.0.1:{}/a.wav", "concat:/etc/passwd|/etc/hosts", "subfile,,:/etc/passwd"]
)
def test_what_looks_like_an_address_is_the_name_of_a_file(name: str, bait: socket.socket) -> None:
    with pytest.raises(FileNotFoundError):
        open_media(name.format(bait.getsockname()[1]), "wav")
    with pytest.raises(BlockingIOError):
        bait.accept()


def test_only_pictures_that_were_prepared_are_drawn(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert np.shape(read_picture(str(tmp_path / "a.png"))) == (8, 8, 3)
    Image.new("RGB", (8, 8)).save(tmp_path / "b.png", "TIFF")
    Image.new("1", (9_000, 9_000)).save(tmp_path / "c.png")
    for name in ("b.png", "c.png"):
        with pytest.raises(InputError, match="cannot be read"):
            read_picture(str(tmp_path / name))
