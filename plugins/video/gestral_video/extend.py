"""What other plugins add to videos: the one page that their authors read.

A plugin provides one of the tokens below, imports nothing else of `gestral_video`, and is offered
wherever a video is ordered.

| Token            | What its factory returns | Users choose by |
|------------------|--------------------------|-----------------|
| `VOICES`         | a sequence of `Voice`    | `Voice.id`      |
| `SCRIPT_WRITERS` | one `ScriptWriter`       | the plugin's name |

    provides=(Provision(capability=VOICES, factory=lambda services: [MyVoice()]),)

This page is a contract. A change that breaks those who stand on it raises the token's version,
which makes it another token.
"""

from collections.abc import Sequence

from gestral.plugin import Capability
from gestral_video.articles.article import (
    Article,
    Block,
    Code,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Quote,
    Table,
)
from gestral_video.languages import same_language
from gestral_video.narration.voice import Speech, Voice
from gestral_video.script.script import TITLE_ID, Mode, Script, Sentence, SpokenToken
from gestral_video.script.writer import ScriptWriter, script_of

__all__ = (
    "SCRIPT_WRITERS",
    "TITLE_ID",
    "VOICES",
    "Article",
    "Block",
    "Code",
    "Heading",
    "Image",
    "ListBlock",
    "Mode",
    "Paragraph",
    "Quote",
    "Script",
    "ScriptWriter",
    "Sentence",
    "Speech",
    "SpokenToken",
    "Table",
    "Voice",
    "same_language",
    "script_of",
)

VOICES = Capability[Sequence[Voice]]("video_voices", many=True)
"""Voices that read scripts aloud."""

SCRIPT_WRITERS = Capability[ScriptWriter]("video_script_writers", many=True)
"""Those who write scripts, each known by the name of its plugin."""
