"""What other plugins bring: their voices and writers are offered, chosen, refused and used."""

import json
import subprocess
import sys
from collections.abc import Sequence

import httpx
import numpy as np
import pytest

from gestral.errors import InputError
from gestral.plugin import Plugin, Provision
from gestral.testing.kit import Kit
from gestral_video import plugin as video
from gestral_video.extend import (
    SCRIPT_WRITERS,
    TITLE_ID,
    VOICES,
    Article,
    Mode,
    Paragraph,
    Script,
    Speech,
    SpokenToken,
    same_language,
    script_of,
)
from gestral_video.narration.voices import choose_voice
from gestral_video.script.writers import choose_writer


class Whistle:
    """A voice that whistles every word for a fifth of a second."""

    name = "Whistle"
    attribution = "Nobody's, CC0"
    version = "1"

    def __init__(self, id: str, *languages: str) -> None:  # noqa: A002 - the protocol's word
        self.id = id
        self.languages = languages

    def speak(self, tokens: Sequence[SpokenToken], language: str) -> Speech:
        assert any(same_language(language, tag) for tag in self.languages)
        clock = np.arange(len(tokens) * 1600) / 8000
        return Speech(
            samples=(0.3 * np.sin(2 * np.pi * 440 * clock)).astype(np.float32),
            rate=8000,
            spans=tuple((i / 5, i / 5 + 0.2) for i in range(len(tokens))),
        )


class Shouter:
    """A writer that tells the title and the first sentence in capitals, in any language."""

    name = "Shouter"
    version = "1"
    translates = True

    async def write(self, article: Article, *, mode: Mode, language: str) -> Script:
        block = article.blocks[0]
        assert isinstance(block, Paragraph)
        said = [(article.title, (TITLE_ID,)), (block.text.upper(), (block.id,))]
        return script_of(said, mode=mode, language=language)

    async def titles(self, article: Article, *, language: str, count: int) -> tuple[str, ...]:
        return (article.title.upper(),)


EXTENSION = Plugin(
    name="whistles",
    api=">=1,<2",
    summary="Whistles and shouts",
    provides=(
        Provision(
            capability=VOICES,
            factory=lambda _: [Whistle("whistle:low", "en-GB", "de-DE"), Whistle("hibari:heart")],
        ),
        Provision(capability=SCRIPT_WRITERS, factory=lambda _: Shouter()),
    ),
)

TEXT = b"# Lamps\n\nLamps shine far. They are seen by all who sail the seas at night, they say.\n"


@pytest.fixture(scope="module")
def gestral_plugins() -> Sequence[Plugin]:
    return [video, EXTENSION]


@pytest.fixture
def client(gestral: Kit) -> httpx.AsyncClient:
    return gestral.client(gestral.user("video:make", "video:watch"))


async def order(client: httpx.AsyncClient, **choices: str) -> httpx.Response:
    files = {"file": ("post.md", TEXT)}
    return await client.post("/api/v1/video/videos/file", files=files, data=choices)


async def test_voices_and_writers_of_all_plugins_are_listed(client: httpx.AsyncClient) -> None:
    """Our own come first, and of two voices with one id the first is kept."""
    voices = (await client.get("/api/v1/video/voices")).json()
    assert voices[0] == {
        "id": "hibari:heart",
        "name": "Heart",
        "languages": ["en-US"],
        "provider": "video",
        "attribution": "hibari-tts, Apache-2.0",
    }
    assert [(one["id"], one["provider"]) for one in voices].count(("hibari:heart", "video")) == 1
    assert voices[-1]["id"] == "whistle:low"
    writers = (await client.get("/api/v1/video/writers")).json()
    assert {one["id"]: one["name"] for one in writers} == {
        "video": "The post's own words",
        "whistles": "Shouter",
    }


async def test_an_order_is_spoken_by_the_voice_that_it_names(
    client: httpx.AsyncClient, gestral: Kit
) -> None:
    answer = await order(client, voice="whistle:low", writer="whistles")
    assert answer.status_code == 201, answer.text
    assert await gestral.run_jobs() == 1
    made = (await client.get(f"/api/v1/video/videos/{answer.json()['id']}")).json()
    assert (made["state"], made["reason"]) == ("ready", "")
    captions = (await client.get(made["files"]["webvtt"])).text
    assert "LAMPS SHINE" in captions
    takes = [
        json.loads(path.read_bytes())
        for path in gestral.platform.cache("video").glob("takes/*.json")
    ]
    assert {take["rate"] for take in takes} == {8000}


@pytest.mark.parametrize(
    ("choices", "code", "named"),
    [
        ({"voice": "hibari:hart"}, "unknown-voice", "whistle:low"),
        ({"language": "de", "writer": "whistles", "voice": "hibari:heart"}, "no-voice", "whistle"),
        ({"language": "fr", "writer": "whistles"}, "no-voice", "de, en"),
        ({"writer": "nobody"}, "unknown-writer", "whistles"),
        ({"language": "de"}, "no-writer", "whistles"),
    ],
)
async def test_a_choice_that_cannot_be_had_is_refused_with_those_that_can(
    client: httpx.AsyncClient, choices: dict[str, str], code: str, named: str
) -> None:
    answer = await order(client, **choices)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert named in problem["detail"] + problem["hint"]


def test_a_voice_of_the_posts_region_goes_first() -> None:
    voices = [Whistle("a:us", "en-US"), Whistle("a:gb", "en-GB"), Whistle("a:de", "de-DE")]
    assert choose_voice(voices, "", "en-gb").id == "a:gb"
    assert choose_voice(voices, "", "en").id == "a:us"
    assert choose_voice(voices, "a:us", "en-gb").id == "a:us"
    with pytest.raises(InputError, match="'fr'"):
        choose_voice(voices, "", "fr")


def test_without_plugins_the_post_is_told_in_its_own_words() -> None:
    article = Article(address="https://example.org/lamps", title="Lamps")
    assert choose_writer({}, "", article, "").name == "The post's own words"


def test_the_command_lists_voices_where_nothing_is_set_up() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "gestral.cli", "voices", "--language", "en"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split()[:2] == ["hibari:heart", "en-US"]
