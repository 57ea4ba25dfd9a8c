"""`gestral make`: one post, one command, one video. No server, no database."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
import msgspec

from gestral.capabilities import FETCHER, Fetcher
from gestral.errors import InputError
from gestral.plugin import Services
from gestral_video.order import Order, StyleName
from gestral_video.render.video import BESIDE
from gestral_video.script.script import Mode
from gestral_video.storyboard.storyboard import CaptionMode, Format

if TYPE_CHECKING:
    from gestral_video.articles.article import Article
    from gestral_video.articles.pictures import Fetch
    from gestral_video.extend import Voice
    from gestral_video.make import Made, Tell

__all__ = ("make_command", "voices_command")


@click.command(
    "make", help="Make a video of a post: an address, or an HTML, Markdown or text file."
)
@click.argument("post", metavar="ADDRESS-OR-FILE")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="The MP4 to write."
)
@click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    default="highlights",
    show_default=True,
    help="A minute or so of highlights, all of it, 15 seconds, or what its sections say.",
)
@click.option(
    "--captions",
    type=click.Choice(get_args(CaptionMode)),
    default="karaoke",
    show_default=True,
    help="How captions are burned in; files are always written.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(get_args(Format)),
    default="16:9",
    show_default=True,
    help="Width to height.",
)
@click.option(
    "--style",
    type=click.Choice(get_args(StyleName)),
    default="daylight",
    show_default=True,
    help="How it looks.",
)
@click.option("--voice", default="", help="Who reads it; `gestral voices` lists them.")
@click.option("--writer", default="", help="The plugin that writes the script.")
@click.option("--language", default="", help="Tell it in another language, such as `de`.")
@click.option(
    "--pronounce",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of lines `word = how it is said`.",
)
@click.option("--cache", type=click.Path(path_type=Path), help="Folder for what is used again.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
def make_command(
    post: str,
    output: Path,
    pronounce: Path | None,
    cache: Path | None,
    as_json: bool,
    **choices: str,
) -> None:
    """Make one video."""
    _check_output(output, post)
    pronunciations = _read_pronunciations(pronounce) if pronounce else {}
    choices["format"] = choices.pop("format_")
    order = _order(choices)
    with _progress(quiet=as_json) as tell:
        from gestral.cli.platform import run_alone

        made = run_alone(
            lambda services: _make(
                services,
                post,
                order,
                pronunciations=pronunciations,
                cache=cache or _default_cache(),
                output=output,
                tell=tell,
            )
        )
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n")
        return
    for problem in made.problems:
        click.echo(f"left out: {problem.reason}", err=True)
    video = made.video
    minutes, seconds = divmod(round(video.duration), 60)
    click.echo(
        f"{video.path}: {minutes}:{seconds:02} minutes, {video.width}x{video.height}, "
        f"{video.size / 1e6:.1f} MB, with captions, transcript and poster beside it"
    )


@click.command("voices", help="List the voices that can read a video.")
@click.option("--language", default="", help="Only those that speak it, such as `en`.")
def voices_command(language: str) -> None:
    """List voices: id, languages, licence."""
    from gestral.cli.platform import run_alone
    from gestral_video.narration.voices import all_voices, speaks

    async def listed(services: Services) -> "list[Voice]":
        return [one for one in all_voices(services) if not language or speaks(one, language)]

    for voice in run_alone(listed):
        click.echo(f"{voice.id:<32} {', '.join(voice.languages):<16} {voice.attribution}")


def _order(choices: dict[str, str]) -> Order:
    """Raise InputError for what an order does not take."""
    try:
        return msgspec.convert(choices, Order)
    except msgspec.ValidationError as error:
        raise InputError(f"{error}.", hint="See `gestral make --help`.") from error


def _check_output(output: Path, post: str) -> None:
    """Refuse what could only fail after all the work.

    Raises:
        InputError: The file cannot be written there.
    """
    if output.suffix.lower() != ".mp4":
        raise InputError(f"{output} does not end in .mp4.", hint="Name the output post.mp4, say.")
    if output.is_dir():
        raise InputError(f"{output} is a folder.", hint="Name a file in it.")
    for ending in BESIDE.values():
        if output.with_suffix(ending).absolute() == Path(post).absolute():
            raise InputError(f"{post} would be written over.", hint="Name the output otherwise.")
    nearest = next(folder for folder in output.absolute().parents if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise InputError(f"{nearest} cannot be written to.", hint="Name another folder with -o.")
    if shutil.disk_usage(nearest).free < 200 * 1024**2:
        raise InputError(f"The disk of {nearest} is full.", hint="Make room, or name another.")


def _read_pronunciations(path: Path) -> dict[str, str]:
    from gestral_video.narration.pronunciations import read_pronunciations

    try:
        return read_pronunciations(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read as text: {error}.",
            hint="Save it as UTF-8.",
            code="bad-pronunciation",
        ) from error


def _default_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("gestral") / "video"


async def _make(
    services: Services,
    post: str,
    order: Order,
    *,
    pronunciations: dict[str, str],
    cache: Path,
    output: Path,
    tell: "Tell",
) -> "Made":
    from gestral_video.casting import cast
    from gestral_video.make import make

    await tell("Reading the post")
    article, fetch = await _read(post, services.get(FETCHER))
    voice, writer = cast(services, order, article)
    return await make(
        article,
        order,
        fetch=fetch,
        cache=cache,
        output=output,
        tell=tell,
        voice=voice,
        writer=writer,
        pronunciations=pronunciations,
    )


async def _read(post: str, fetcher: Fetcher) -> "tuple[Article, Fetch]":
    from gestral_video.articles.pictures import local_reader
    from gestral_video.articles.read import is_address, read_file
    from gestral_video.source import picture_reader, read_address

    if is_address(post):
        article = await read_address(post, fetcher)
        return article, picture_reader(article, fetcher)
    if "://" in post:
        raise InputError(
            f"{post} is of a kind that is not read.",
            hint="Give an address that begins with https:// or http://, or a file.",
            code="address-invalid",
        )
    path = Path(post)
    return await read_file(path), local_reader(path)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> "Iterator[Tell]":
    """Show a bar for each stage on standard error; a bar that nobody sees is no bar."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<20}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        async def tell(stage: str, done: int = 0, total: int = 0) -> None:
            if stage not in tasks:
                for task in tasks.values():
                    bars.update(task, total=1, completed=1)
                tasks[stage] = bars.add_task(stage, total=None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield tell
        for task in tasks.values():
            bars.update(task, total=1, completed=1)
