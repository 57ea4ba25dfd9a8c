"""`gestral make`: one command, one video; bad input is one line and exit code 2."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PIL import Image

POST = """<!doctype html><html lang="en"><head><title>Lamps</title></head><body><article>
<h1>Lamps</h1><p>Lighthouses were built where ships were lost. Their lamps were seen from afar.</p>
<img src="broken.png" alt="A lamp"><img src="lamp.png" alt="Another lamp">
</article></body></html>"""


def make(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gestral.cli", "make", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "post.html").write_text(POST)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more than this")
    Image.linear_gradient("L").resize((800, 600)).convert("RGB").save(tmp_path / "lamp.png")
    return tmp_path


def test_a_file_becomes_a_video_with_all_that_belongs_to_it(folder: Path) -> None:
    output = folder / "out" / "lamps.mp4"
    answer = make(folder / "post.html", "-o", output, "--cache", folder / "cache", "--json")
    assert answer.returncode == 0, answer.stderr
    made = json.loads(answer.stdout)
    assert [one["code"] for one in made["problems"]] == ["broken-picture"]
    assert sorted(path.name for path in output.parent.iterdir()) == [
        "lamps.chapters.vtt",
        "lamps.descriptions.vtt",
        "lamps.mp4",
        "lamps.poster.jpg",
        "lamps.srt",
        "lamps.transcript.md",
        "lamps.vtt",
    ]
    with av.open(str(output)) as container:
        assert container.duration / 1e6 == pytest.approx(made["video"]["duration"], abs=0.1)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Answers on loopback: a picture, nothing, no text, German, too much, what programs may not."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            media_type, body = {
                "/picture": ("image/png", b"x"),
                "/empty": ("text/html", b"<html lang=en><body><script>1</script></body></html>"),
                "/german": ("text/html", POST.replace('"en"', '"de"').encode()),
                "/endless": ("text/html", b"<p>" + b"word " * 2_000_000),
                "/robots.txt": ("text/plain", b"User-agent: gestral\nDisallow: /closed"),
                "/closed": ("text/html", POST.encode()),
            }.get(self.path, ("", b""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", media_type or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return  # who asked has had enough

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def refused(folder: Path, *arguments: str | Path, says: str, **environment: str) -> None:
    """One line that says it, exit code 2, and nothing left behind."""
    answer = make(*arguments, "-o", folder / "video" / "post.mp4", **environment)
    assert answer.returncode == 2, answer.stderr
    lines = [line for line in answer.stderr.splitlines() if "Fontconfig" not in line]
    assert len(lines) == 1, answer.stderr
    assert re.search(says, lines[0]), lines[0]
    assert not (folder / "video").exists()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/nowhere", "404"),
        ("/picture", "image/png"),
        ("/empty", "no article text"),
        ("/german", "language 'de'"),
        ("/endless", "MB|MiB|bytes"),
        ("/closed", r"robots\.txt.*Save the page as a file"),
    ],
)
def test_an_address_that_is_no_post_is_refused(
    site: str, tmp_path: Path, path: str, says: str
) -> None:
    allowed = {
        "GESTRAL_ALLOW_NETWORKS": "127.0.0.0/8",
        "GESTRAL_ALLOW_PORTS": site.rpartition(":")[2],
    }
    refused(tmp_path, site + path, says=says, **allowed)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://127.0.0.1/post", "127.0.0.1"),
        ("https://[::1]/post", "::1"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254"),
        ("http://user:secret@example.com/", "password|user"),
        ("http://example.com:22/", "port"),
        ("ftp://example.com/post", "begins with https://"),
        ("https://nowhere.invalid/post", "no site with this name"),
    ],
)
def test_a_private_or_odd_address_is_refused(tmp_path: Path, address: str, says: str) -> None:
    refused(tmp_path, address, says=says)


def test_a_file_that_is_no_post_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_bytes(b"")
    (tmp_path / "post.exe").write_bytes(b"MZ")
    (tmp_path / "large.html").write_bytes(b"<p>x</p>" * 1_000_000)
    refused(tmp_path, tmp_path / "nowhere.html", says="no file")
    refused(tmp_path, tmp_path, says="is a folder")
    refused(tmp_path, tmp_path / "empty.html", says="is empty")
    refused(tmp_path, tmp_path / "post.exe", says="kind that is not read")
    refused(tmp_path, tmp_path / "large.html", says="more than 5 MB")


def test_a_page_of_nested_tags_is_no_trap(tmp_path: Path) -> None:
    (tmp_path / "nested.html").write_bytes(b"<div>" * 1_000_000)
    answer = make(tmp_path / "nested.html", "-o", tmp_path / "post.mp4")
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_what_was_given_is_never_written_over(tmp_path: Path) -> None:
    draft = tmp_path / "post.transcript.md"
    draft.write_text("# Lamps\n\nLamps shine.")
    answer = make(draft, "-o", tmp_path / "post.mp4")
    assert answer.returncode == 2
    assert "would be written over" in answer.stderr
    assert draft.read_text() == "# Lamps\n\nLamps shine."


def test_unknown_options_and_choices_are_named(folder: Path) -> None:
    post = folder / "post.html"
    refused(folder, post, "--colour", "red", says="--colour")
    refused(folder, post, "--mode", "epic", says="'epic' is not one of")
    refused(folder, post, "--style", "baroque", says="baroque")


def test_an_output_that_cannot_be_written_is_refused_before_the_work(folder: Path) -> None:
    for output, says in ((folder / "post.avi", "does not end in .mp4"), (folder, ".mp4")):
        answer = make(folder / "post.html", "-o", output)
        assert answer.returncode == 2
        assert says in answer.stderr
