"""What the plugin gives: see `gestral.plugin.Plugin`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gestral.capabilities import FETCHER, JOBS, MAILER, MEMBERS, OBJECT_STORE
from gestral.events import OrganisationDeleted
from gestral.plugin import Listener, Panel, Permission, Plugin, Provision, Services, Tables
from gestral_video.extend import SCRIPT_WRITERS, VOICES
from gestral_video.videos.forget import forget_organisation
from gestral_video.videos.jobs import MAKE, REMOVE, TIDY

if TYPE_CHECKING:
    import click
    from litestar.types import ControllerRouterHandler
    from sqlalchemy import MetaData

    from gestral_video.extend import ScriptWriter, Voice

__all__ = ("plugin",)

HERE = Path(__file__).parent


def _metadata() -> "MetaData":
    from gestral_video.videos.models import Base

    return Base.metadata


def _routes() -> "Sequence[ControllerRouterHandler]":
    from gestral_video.videos.choices import ChoiceController
    from gestral_video.videos.routes import VideoController

    return [VideoController, ChoiceController]


def _commands() -> "Sequence[click.Command]":
    from gestral_video.command import make_command, voices_command

    return [make_command, voices_command]


def _voices(services: Services) -> "Sequence[Voice]":
    from gestral_video.narration.hibari import hibari_voices

    del services
    return hibari_voices()


def _writer(services: Services) -> "ScriptWriter":
    from gestral_video.script.writers import OwnWords

    del services
    return OwnWords()


async def _demo(services: Services) -> Sequence[str]:
    from gestral_video.videos.demo import fill_in

    return await fill_in(services)


plugin = Plugin(
    name="video",
    api=">=1,<2",
    summary="Turns posts into narrated, captioned videos",
    provides=(
        Provision(capability=VOICES, factory=_voices),
        Provision(capability=SCRIPT_WRITERS, factory=_writer),
    ),
    requires=(JOBS, OBJECT_STORE, FETCHER),
    optional=(MAILER, MEMBERS),
    routes=_routes,
    tables=Tables(metadata=_metadata, migrations=HERE / "migrations"),
    jobs=(MAKE, REMOVE, TIDY),
    listeners=(
        Listener(event=OrganisationDeleted, run=forget_organisation, timeout=600.0, attempts=10),
    ),
    permissions=(
        Permission(name="video:watch", summary="Watch and download videos", role="viewer"),
        Permission(name="video:make", summary="Make, cancel and delete videos", role="editor"),
    ),
    mail_templates=HERE / "mail",
    commands=_commands,
    panels=(
        Panel(
            name="videos",
            title="Videos",
            slot="page",
            module=HERE / "panels" / "videos.js",
            permission="video:watch",
        ),
    ),
    demo=_demo,
)
