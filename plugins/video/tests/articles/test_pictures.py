"""Pictures: what is made of them, and that a bad one never fails the post."""

import io
from pathlib import Path

import pytest
from PIL import Image as Pillow

from gestral.errors import InputError, NotFoundError
from gestral_video.articles.article import Article, Image
from gestral_video.articles.pictures import (
    LONGEST_SIDE,
    PICTURES_LIMIT,
    load,
    local_reader,
    prepare,
)


def encoded(image: Pillow.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def article(*addresses: str, lead: str = "") -> Article:
    return Article(
        address="file:///page.html",
        title="Pictures",
        lead_image=lead,
        blocks=tuple(
            Image(id=f"b{number}", address=address) for number, address in enumerate(addresses, 1)
        ),
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_every_known_format_becomes_rgb_under_its_digest(kind: str, tmp_path: Path) -> None:
    data = encoded(Pillow.new("RGB", (400, 300), (200, 40, 40)), kind)
    picture = prepare(data, "a", tmp_path)
    assert (picture.width, picture.height) == (400, 300)
    assert Path(picture.path).stem == picture.digest
    with Pillow.open(picture.path) as made:
        assert made.mode == "RGB"
        red, green, blue = made.getpixel((200, 150))  # type: ignore[misc]
        assert abs(red - 200) < 12
        assert abs(green - 40) < 12
        assert abs(blue - 40) < 12
    assert prepare(data, "b", tmp_path).digest == picture.digest
    assert len(list(tmp_path.iterdir())) == 1


def test_a_photo_is_turned_upright_and_scaled_down(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera was held upright
    data = encoded(Pillow.new("RGB", (4000, 3000)), "JPEG", exif=exif)
    picture = prepare(data, "a", tmp_path)
    assert (picture.width, picture.height) == (LONGEST_SIDE * 3 // 4, LONGEST_SIDE)


def test_transparency_becomes_white_and_print_colours_become_screen_colours(tmp_path: Path) -> None:
    clear = prepare(encoded(Pillow.new("RGBA", (300, 300)), "PNG"), "a", tmp_path)
    with Pillow.open(clear.path) as made:
        assert made.getpixel((10, 10)) == (255, 255, 255)
    printed = prepare(encoded(Pillow.new("CMYK", (300, 300)), "JPEG"), "a", tmp_path)
    with Pillow.open(printed.path) as made:
        assert made.mode == "RGB"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "svg-picture"),
        (b"<html>no picture</html>", "broken-picture"),
        (encoded(Pillow.new("RGB", (800, 600)), "JPEG")[:900], "broken-picture"),
        (encoded(Pillow.new("RGB", (199, 600)), "PNG"), "picture-too-small"),
        (encoded(Pillow.new("RGB", (600, 119)), "PNG"), "picture-too-small"),
        (encoded(Pillow.new("1", (9_000, 9_000)), "PNG"), "too-large"),
        (encoded(Pillow.new("RGB", (300, 300)), "TIFF"), "broken-picture"),
    ],
)
def test_every_bad_picture_has_an_error_of_its_own(data: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        prepare(data, "https://blog.example/a.png", tmp_path)
    assert caught.value.code == code
    assert not list(tmp_path.iterdir())


async def test_bad_pictures_are_told_of_and_good_ones_kept(tmp_path: Path) -> None:
    page = tmp_path / "site" / "page.html"
    (page.parent / "img").mkdir(parents=True)
    good = encoded(Pillow.new("RGB", (300, 300)), "PNG")
    (page.parent / "img" / "good one.png").write_bytes(good)
    (page.parent / "broken.png").write_bytes(good[:60])
    (tmp_path / "secret.png").write_bytes(good)
    (page.parent / "link.png").symlink_to(tmp_path / "secret.png")
    root = page.parent.as_uri()
    addresses = {
        f"{root}/img/good%20one.png": "",
        f"{root}/broken.png": "broken-picture",
        f"{root}/missing.png": "no-such-file",
        f"{tmp_path.as_uri()}/secret.png": "picture-outside",
        f"{root}/link.png": "picture-outside",
        "https://blog.example/far.png": "picture-not-local",
    }
    first, *rest = addresses
    pictures, problems = await load(
        article(first, *rest, lead=first), tmp_path / "out", local_reader(page)
    )
    assert list(pictures) == [first]
    assert {problem.address: problem.code for problem in problems} == {
        address: code for address, code in addresses.items() if code
    }
    assert all(problem.reason for problem in problems)


async def test_no_more_pictures_than_the_limit_are_fetched(tmp_path: Path) -> None:
    asked: list[str] = []

    async def fetch(address: str) -> bytes:
        asked.append(address)
        raise NotFoundError("Not there.", code="no-such-file")

    addresses = [f"https://blog.example/{number}.png" for number in range(PICTURES_LIMIT + 2)]
    pictures, problems = await load(article(*addresses), tmp_path, fetch)
    assert not pictures
    assert asked == addresses[:PICTURES_LIMIT]
    assert [problem.code for problem in problems].count("too-many-pictures") == 2
