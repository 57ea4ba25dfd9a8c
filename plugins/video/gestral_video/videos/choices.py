"""`/api/v1/video/voices` and `/writers`: what an order can name beside the post."""

from typing import Annotated

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency

from gestral.plugin import Services
from gestral_video.narration.voices import offered
from gestral_video.script.writers import all_writers

__all__ = ("ChoiceController",)


class VoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who can read a video.

    Attributes:
        id: What an order's `voice` names.
        name: What people call the speaker.
        languages: Those it reads, as tags of BCP 47, its own first.
        provider: The plugin that brings it.
        attribution: The licence of its sound, and whom to name for it.
    """

    id: Annotated[str, msgspec.Meta(examples=["hibari:heart"])]
    name: Annotated[str, msgspec.Meta(examples=["Heart"])]
    languages: Annotated[tuple[str, ...], msgspec.Meta(examples=[["en-US"]])]
    provider: Annotated[str, msgspec.Meta(examples=["video"])]
    attribution: Annotated[str, msgspec.Meta(examples=["hibari-tts, Apache-2.0"])]


class WriterView(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who can write a video's script.

    Attributes:
        id: What an order's `writer` names: the plugin that brings it.
        name: What people call it.
    """

    id: Annotated[str, msgspec.Meta(examples=["video"])]
    name: Annotated[str, msgspec.Meta(examples=["The post's own words"])]


class ChoiceController(Controller):
    """The same for all organisations: plugins are installed by the operator."""

    @get(
        "/voices",
        permission="video:watch",
        summary="List voices, the default ones first",
        bounded="They come with installed plugins.",
    )
    async def voices(self, services: NamedDependency[Services]) -> tuple[VoiceView, ...]:
        """Return all that are installed."""
        return tuple(
            VoiceView(
                id=voice.id,
                name=voice.name,
                languages=voice.languages,
                provider=provider,
                attribution=voice.attribution,
            )
            for provider, voice in offered(services)
        )

    @get(
        "/writers",
        permission="video:watch",
        summary="List script writers",
        bounded="They come with installed plugins.",
    )
    async def writers(self, services: NamedDependency[Services]) -> tuple[WriterView, ...]:
        """Return all that are installed."""
        return tuple(
            WriterView(id=plugin, name=writer.name)
            for plugin, writer in all_writers(services).items()
        )
