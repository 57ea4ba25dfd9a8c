"""Seconds of video per second of work for `gestral make`, by stage, with its peak memory.

    nox -s bench [-- ADDRESS-OR-FILE ...]

Each post is made three times in one run, each time with an empty cache, in a fresh process; then
once more with the cache warm; last, the encoder alone is fed with ready frames of the same video,
which is the limit that rendering can reach on this machine. Ratios within the run are what counts:
absolute times say more of the machine than of Gestral.
"""

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gestral_video.make import Made, Tell

RUNS = 3
SAMPLE_SECONDS = 5
"""Length of the part of a video with which the encoder alone is measured."""


def main(posts: list[str]) -> None:
    """Measure the given posts, or the demonstration blog's first."""
    if not posts:
        from gestral_video.blogs.demo import demo_posts

        posts = [str(demo_posts()[0])]
    for post in posts:
        report(post)


def report(post: str) -> None:
    """Measure one post and print its table."""
    with tempfile.TemporaryDirectory() as folder:
        cold = [measured(post, Path(folder) / str(run)) for run in range(RUNS)]
        warm = measured(post, Path(folder) / "0")
        limit = encoder_limit(Path(folder) / "0" / "post.mp4")
    speeds = [run["video"] / run["work"] for run in cold]
    middle = sorted(cold, key=lambda run: run["work"])[RUNS // 2]
    print(f"\n{Path(post).name}: {middle['video']:.0f} s of video")
    print(
        f"  cold: {statistics.median(speeds):.2f} s of video per s of work "
        f"(from {min(speeds):.2f} to {max(speeds):.2f}), "
        f"{statistics.median(speeds) / limit:.0%} of the encoder alone"
    )
    print(f"  encoder alone on ready frames, one process a core: {limit:.2f} s per s of work")
    print(f"  with a warm cache: {middle['work'] / warm['work']:.1f} times as fast as cold")
    print(f"  peak memory of the largest process: {middle['memory'] / 2**20:.0f} MiB")
    for stage, seconds in middle["stages"].items():
        print(f"    {stage:<22}{seconds / middle['work']:>6.1%}")


def measured(post: str, folder: Path) -> dict[str, Any]:
    """Make one video in a fresh process and return what it cost."""
    answer = subprocess.run(
        [sys.executable, __file__, "--one", post, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    cost: dict[str, Any] = json.loads(answer.stdout)
    return cost


def one(post: str, folder: Path) -> None:
    """In the fresh process: make the video, and print what it cost as JSON."""
    started = time.perf_counter()
    stages: dict[str, float] = {}
    current, since = "Starting", started

    async def tell(stage: str, done: int = 0, total: int = 0) -> None:
        del done, total
        nonlocal current, since
        now = time.perf_counter()
        stages[current] = stages.get(current, 0.0) + now - since
        current, since = stage, now

    made = asyncio.run(_make(post, folder, tell))
    asyncio.run(tell("end"))
    memory = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    cost = {
        "video": made.video.duration,
        "work": time.perf_counter() - started,
        "memory": memory * (1 if sys.platform == "darwin" else 1024),
        "stages": stages,
    }
    print(json.dumps(cost))


async def _make(post: str, folder: Path, tell: "Tell") -> "Made":
    from gestral_video.articles.pictures import local_reader
    from gestral_video.articles.read import read_file
    from gestral_video.make import make
    from gestral_video.order import Order

    await tell("Reading the post")
    path = Path(post)
    article = await read_file(path)
    return await make(
        article,
        Order(),
        fetch=local_reader(path),
        cache=folder / "cache",
        output=folder / "post.mp4",
        tell=tell,
    )


def encoder_limit(video: Path) -> float:
    """Seconds of video per second that the encoder alone reaches on frames of this very video.

    One process for each core encodes frames that it has decoded before its clock starts.
    """
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, "--encode", str(video)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(os.cpu_count() or 1)
    ]
    return sum(float(process.communicate()[0]) for process in processes)


def encode(video: Path) -> None:
    """In a process of its own: print how fast ready frames are encoded, times real time."""
    import av
    import numpy as np

    from gestral_video.render.encoder import X264Encoder

    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        rate = int(stream.average_rate or 30)
        container.seek((container.duration or 0) // 3)
        some = islice(container.decode(stream), SAMPLE_SECONDS * rate)
        frames: list[np.ndarray[Any, Any]] = [frame.to_ndarray() for frame in some]
    height, width = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
    half = (height // 2, width // 2)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with X264Encoder(Path(folder) / "sample.mp4", width, height, rate) as encoder:
            for ready in frames:
                luma, blue, red = np.split(
                    ready.reshape(-1), [width * height, width * height * 5 // 4]
                )
                encoder.planes[0][:] = luma.reshape(height, width)
                encoder.planes[1][:] = blue.reshape(half)
                encoder.planes[2][:] = red.reshape(half)
                encoder.add()
        print(len(frames) / rate / (time.perf_counter() - started))


if __name__ == "__main__":
    if "--one" in sys.argv:
        one(sys.argv[2], Path(sys.argv[3]))
    elif "--encode" in sys.argv:
        encode(Path(sys.argv[2]))
    else:
        main(sys.argv[1:])
