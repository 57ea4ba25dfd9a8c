"""What all peers answer with, so that every framework does the same work: 20 videos of a list."""

import datetime as dt
import hmac
import time
import uuid
from typing import Any
from urllib.parse import quote

import msgspec

ROWS = 20
COOKIE = "gestral_session"
SECRET = b"a secret of the benchmark, and of it alone"
HELLO = {"hello": "world", "number": 1}

FILES = {
    "mp4": "post.mp4",
    "poster": "post.jpg",
    "webvtt": "post.vtt",
    "srt": "post.srt",
    "descriptions": "post.descriptions.vtt",
    "chapter_track": "post.chapters.vtt",
    "transcript": "post.md",
}

COLUMNS = """
    v.id, v.created_at, v.ready_at, v.folder, v.details,
    v.choices ->> 'mode' AS mode, v.choices ->> 'captions' AS captions,
    v.choices ->> 'format' AS format, p.title, p.address, p.language
"""

LIST = f"""
    SELECT {COLUMNS} FROM video.video v JOIN video.post p ON p.id = v.post_id
    WHERE v.organisation_id = %s ORDER BY v.id DESC LIMIT {ROWS}
"""  # noqa: S608 - nothing but the columns above

SESSION = """
    SELECT s.organisation_id, u.name, u.email, m.role
    FROM auth.session s
    JOIN auth.user_account u ON u.id = s.user_id
    JOIN auth.membership m ON m.user_id = s.user_id AND m.organisation_id = s.organisation_id
    WHERE s.token_hash = sha256(%s) AND s.expires_at > now()
"""


class Row(msgspec.Struct):
    """A row of `LIST`."""

    id: uuid.UUID
    created_at: dt.datetime
    ready_at: dt.datetime | None
    folder: str
    details: dict[str, Any]
    mode: str
    captions: str
    format: str
    title: str
    address: str
    language: str


def signed(key: str, until: int, name: str = "") -> str:
    """Return an address of a file that works until then."""
    signature = hmac.digest(SECRET, f"{key}\n{until}\n{name}".encode(), "sha256").hex()
    download = f"&name={quote(name)}" if name else ""
    return f"/files/{key}?until={until}{download}&signature={signature}"


def unsigned(folder: str) -> dict[str, str]:
    """Return the addresses of a video's files in a world where anybody may see them."""
    found = {kind: f"/files/{folder}/{name}" for kind, name in FILES.items()}
    return {**found, "mp4_download": found["mp4"]}


def files(folder: str, title: str) -> dict[str, str]:
    """Return the addresses of a video's files."""
    until = int(time.time()) + 6 * 3600
    found = {kind: signed(f"{folder}/{name}", until) for kind, name in FILES.items()}
    return {**found, "mp4_download": signed(f"{folder}/post.mp4", until, f"{title[:80]}.mp4")}
