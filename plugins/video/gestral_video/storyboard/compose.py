"""From article, script and narration to scenes, by rules that a person can follow.

Which scene a sentence gets (the first rule that holds):

| The sentence comes from | and | Scene |
|---|---|---|
| the title | | title, over the lead picture or the first good one |
| a heading | | chapter; a silent card if it is not spoken and the scene does not show it |
| a list | it has two items of the form "Name: text" | comparison: a half appears with its words |
| a list | two short items or more are told together | list: each item appears with its words |
| code, or a paragraph beside it that names something in it | (`code_lines`) | code |
| a quotation | | quote |
| a table, or a paragraph beside it that says a row's label | (`tables`) | table or chart |
| an image | its picture is usable | image, or collage if it stands among others (`illustrate`) |
| any other block | an unused picture stands right before or after the block | image |
| any other block | two text scenes came before, the section has an unused picture | image |
| a paragraph | it has its point in one number, none was shown for 20 s (`figures`) | figure |
| any other block | | text, under the heading of its section |

Consecutive sentences of one block share a scene while it stays below `SCENE_SECONDS` and its text
below what the format can show well; a longer sentence is told in several scenes. A closing scene
names the site and its address; a script that ends by saying where to read on says it there. The
first two looks alternate; the third, the strongest, is kept for quotations, key figures, spoken
headings and the closing scene. Neighbours never wear the same, but for parts of one piece of code.

How a scene comes in (the first rule that holds):

| The scene | Transition |
|---|---|
| goes on with the code of the scene before | cut: only the lit line changes |
| opens a section, or closes the video | the style's own: slide or wipe |
| any other | dissolve |
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from urllib.parse import urlsplit

import msgspec

from gestral_video.articles.article import (
    Article,
    Block,
    Code,
    Heading,
    Image,
    ListBlock,
    Picture,
    Quote,
    Table,
)
from gestral_video.narration.narration import Narration
from gestral_video.script.script import SITE_ID, TITLE_ID, Script
from gestral_video.storyboard.code_lines import code_scene, show_code
from gestral_video.storyboard.figures import feature_figures, figure_scene
from gestral_video.storyboard.groups import (
    SCENE_SECONDS,
    Common,
    Group,
    Part,
    headings_of,
    heard_words,
    parts_of,
    plain_words,
)
from gestral_video.storyboard.illustrate import collage_scene, illustrate, title_picture_of
from gestral_video.storyboard.storyboard import (
    CaptionMode,
    ChapterScene,
    ClosingScene,
    CodeScene,
    ComparisonScene,
    Cue,
    CueWord,
    Format,
    ImageScene,
    ListScene,
    QuoteScene,
    Scene,
    Storyboard,
    TextScene,
    TitleScene,
    Transition,
)
from gestral_video.storyboard.tables import chart_scene, show_tables, table_scene

__all__ = ("compose",)

TEXT_LENGTH: Mapping[Format, int] = {"16:9": 190, "9:16": 170, "1:1": 150, "4:5": 160}
"""Characters that a text or quote scene shows in a size that reads well on a phone."""

LIST_LENGTH: Mapping[Format, int] = {"16:9": 420, "9:16": 400, "1:1": 300, "4:5": 340}
"""Characters that a list scene shows, all items together."""

LIST_ITEMS = 6
ITEM_LENGTH = 160
"""Characters: a longer item is a paragraph with a bullet before it, and is shown as text."""
LEAD_IN = 0.6
"""Silence before the title is spoken, in seconds: time to look."""
SCENE_LEAD_IN = 0.2
"""Silence before a later scene's first word, in seconds, taken from the pause before the scene: the
old scene is nearly gone when the first word comes."""
TAIL = 0.6
"""Silence after the title and after the last sentence, in seconds."""
FIGURE_TAIL = 0.5
"""Silence after a key figure, in seconds: it often ends its sentence, and wants to be read."""
CLOSING_SECONDS = 3.0
SCANNING_SECONDS = 5.0
"""Of a closing scene with a QR code: time to find the phone's camera."""
CARD_SECONDS = 1.6
"""Of a silent card with a section's heading."""
LONGEST_LINK = 180
"""Letters: the code of a longer address has too fine a grain for a phone's camera."""
SHORTEST_SCENE = 1.8
"""Seconds: a spoken heading of one word still stands long enough to be read."""
TABLE_ROW_SECONDS, MOST_TABLE_SECONDS = 0.5, 5.0
"""A table stands so much longer for each of its rows, but no longer in all."""

QUIET_LOOKS, STRONG_LOOK = 2, 2
"""Every style has two quiet looks, 0 and 1, and a strong one for what stands out."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def compose(
    article: Article,
    script: Script,
    narration: Narration,
    pictures: Mapping[str, Picture],
    *,
    format: Format = "16:9",  # noqa: A002 - the word that people use
    style: str = "daylight",
    captions: CaptionMode = "karaoke",
    rate: int = 30,
    turn: Transition = "slide",
) -> Storyboard:
    """Make the storyboard of an article.

    Args:
        article: What the post says.
        script: What is spoken of it.
        narration: A take for every sentence of the script, in its order.
        pictures: Those that could be had, by the address that the article gives them.
        format: Width to height.
        style: The style's id; `render` knows which there are.
        captions: How captions are burned in.
        rate: Frames a second.
        turn: How a new section comes in.

    Raises:
        ValueError: The narration does not have one take for every sentence.
    """
    if [take.sentence_id for take in narration.takes] != [s.id for s in script.sentences]:
        raise ValueError("The narration must have one take for every sentence, in the same order.")
    parts = [
        part
        for sentence, take in zip(script.sentences, narration.takes, strict=True)
        for part in parts_of(sentence, take, TEXT_LENGTH[format])
    ]
    groups = _grouped(article, parts, format)
    _unlist(groups)
    title_picture = title_picture_of(article, pictures)
    illustrate(article, groups, pictures)
    groups = show_code(article, show_tables(article, groups))
    groups = feature_figures(groups)
    _space(groups)
    scenes: list[Scene] = []

    def add(scene: Scene) -> None:
        scenes.append(_coming_in(scenes[-1] if scenes else None, scene, turn))

    for before, group in zip([None, *groups], groups, strict=False):
        if before and _opens_unheard(before, group):
            add(
                ChapterScene(
                    id=f"c{len(scenes) + 1}",
                    duration=_whole_frames(CARD_SECONDS, rate),
                    heading=group.heading,
                    look=_look(scenes, strong=True),
                    text=group.heading,
                )
            )
        add(_scene(group, article, title_picture, (format, rate), scenes))
    if not isinstance(scenes[-1], ClosingScene):
        link = _link(article.address)
        seconds = SCANNING_SECONDS if link else CLOSING_SECONDS
        add(_closing_scene(article, scenes, (), _whole_frames(seconds, rate)))
    return Storyboard(
        title=article.title,
        language=article.language,
        address=article.address,
        site_name=article.site_name,
        licence=article.licence,
        format=format,
        rate=rate,
        style=style,
        captions=captions,
        scenes=tuple(scenes),
    )


# --- groups ----------------------------------------------------------------------------------


def _grouped(article: Article, parts: Sequence[Part], shape: Format) -> list[Group]:
    blocks = {block.id: block for block in article.blocks}
    headings = headings_of(article)
    groups: list[Group] = []
    for part in parts:
        block = next((blocks[i] for i in part.sentence.block_ids if i in blocks), None)
        kind = _kind(part, block)
        heading = headings.get(block.id, "") if block else ""
        last = groups[-1] if groups else None
        if last and last.kind == kind and last.block == block and _room(last, part, shape):
            last.parts.append(part)
        else:
            groups.append(Group(kind, block, heading, [part]))
    return groups


def _unlist(groups: Sequence[Group]) -> None:
    """One item is no list: it is shown as text."""
    for group in groups:
        if group.kind == "list" and isinstance(group.block, ListBlock):
            group.kind = "list" if len(_spoken_items(group.block, group.parts)) > 1 else "text"


def _space(groups: Sequence[Group]) -> None:
    """Give scenes their silences; a sentence told in two scenes is not interrupted."""
    for before, after in pairwise(groups):
        first = after.parts[0]
        if first.take_start == 0:
            after.lead_in = min(SCENE_LEAD_IN, before.parts[-1].pause)
            before.tail -= after.lead_in
    groups[0].lead_in = LEAD_IN
    for group in (groups[0], groups[-1]):
        group.tail += TAIL
    for group in groups:
        if group.kind == "figure":
            group.tail += FIGURE_TAIL
        if group.parts[-1].pause > 0:
            shortest = _seconds_to_read(group)
            group.tail += max(0.0, shortest - group.lead_in - group.seconds - group.tail)


def _seconds_to_read(group: Group) -> float:
    """How long the scene stands at least."""
    if group.kind == "closing":
        return CLOSING_SECONDS
    if group.table is None:
        return SHORTEST_SCENE
    return min(MOST_TABLE_SECONDS, SHORTEST_SCENE + TABLE_ROW_SECONDS * len(group.table.rows))


_KINDS: Mapping[type, str] = {
    Heading: "chapter",
    Code: "code",
    Quote: "quote",
    Table: "table",
}
"""Of blocks that have a kind of scene of their own; lists have one only while items are short."""


def _kind(part: Part, block: Block | None) -> str:
    if block is None and TITLE_ID in part.sentence.block_ids:
        return "title"
    if SITE_ID in part.sentence.block_ids:
        return "closing"
    if isinstance(block, ListBlock):
        spoken = [len(block.items[item]) for item, _ in _spoken_items(block, (part,))]
        return "list" if spoken and max(spoken) <= ITEM_LENGTH else "text"
    return _KINDS.get(type(block), "text")


def _room(group: Group, part: Part, shape: Format) -> bool:
    """Whether the part may join the group's scene."""
    if group.kind == "title":
        return True
    if group.kind == "list" and isinstance(group.block, ListBlock):
        shown = [item for item, _ in _spoken_items(group.block, (*group.parts, part))]
        length = sum(len(group.block.items[item]) for item in shown)
        return len(shown) <= LIST_ITEMS and length <= LIST_LENGTH[shape]
    fits = len(group.text) + 1 + len(part.text) <= TEXT_LENGTH[shape]
    return fits and group.seconds + part.length <= SCENE_SECONDS


def _opens_unheard(before: Group, group: Group) -> bool:
    """Whether a section begins whose heading is neither spoken nor shown over its first scene."""
    new = bool(group.heading) and group.heading != before.heading
    return new and group.kind in {"image", "collage", "quote"}


# --- scenes ----------------------------------------------------------------------------------


_FEATURED: Mapping[str, Callable[[Common, Group], Scene]] = {
    "figure": figure_scene,
    "chart": chart_scene,
    "code": code_scene,
    "collage": collage_scene,
    "chapter": lambda common, group: ChapterScene(**common, text=group.text),
}
"""Who makes the scenes of the kinds that have a module of their own."""


def _scene(
    group: Group,
    article: Article,
    title_picture: Picture | None,
    settings: tuple[Format, int],
    before: list[Scene],
) -> Scene:
    shape, rate = settings
    cues, seconds = _cues(group.parts, group.lead_in)
    stands_out = group.kind in {"quote", "figure", "chapter"}
    common: Common = {
        "id": f"c{len(before) + 1}",
        "duration": _whole_frames(seconds + group.tail, rate),
        "cues": cues,
        "heading": group.heading,
        "look": _look(before, strong=stands_out),
    }
    if group.kind == "closing":
        return _closing_scene(article, before, cues, common["duration"])
    if group.kind == "title":
        return TitleScene(
            **common,
            title=article.title,
            site_name=article.site_name,
            detail=_detail(article),
            picture=title_picture.path if title_picture else "",
            picture_address=title_picture.address if title_picture else "",
            alt=_alt(article, title_picture),
        )
    if group.kind == "table":
        return table_scene(common, group, shape)
    if group.kind in _FEATURED:
        return _FEATURED[group.kind](common, group)
    return _plain_scene(common, group)


def _closing_scene(
    article: Article, before: list[Scene], cues: tuple[Cue, ...], seconds: float
) -> ClosingScene:
    return ClosingScene(
        id=f"c{len(before) + 1}",
        duration=seconds,
        cues=cues,
        look=_look(before, strong=True),
        site_name=article.site_name or article.title,
        address=_plain_address(article.address),
        link=_link(article.address),
    )


def _plain_scene(common: Common, group: Group) -> Scene:
    match group.kind, group.block:
        case "list", ListBlock() as block:
            return _list_scene(common, group, block)
        case "quote", Quote() as block:
            # Who is quoted is said first ("In the words of ..."), and shown below the words.
            quoted = [
                part.text for part in group.parts if part.text in " ".join(block.text.split())
            ]
            text = " ".join(quoted) or group.text
            author = "" if block.author in text else block.author
            return QuoteScene(**common, text=text, author=author)
        case "image", _ if group.picture and group.image:
            return ImageScene(
                **common,
                picture=group.picture.path,
                picture_address=group.picture.address,
                caption=group.image.caption,
                alt=group.image.alt,
            )
        case _:
            return TextScene(**common, lines=tuple(part.text for part in group.parts))


def _alt(article: Article, picture: Picture | None) -> str:
    """What the page says that the picture shows."""
    images = (block for block in article.blocks if isinstance(block, Image))
    return next((image.alt for image in images if picture and image.address == picture.address), "")


_NAMED = re.compile(r"(?P<name>\S+(?: \S+){0,3}?)(?:: | [—-] )(?P<text>.+)", re.DOTALL)


def _list_scene(common: Common, group: Group, block: ListBlock) -> Scene:
    spoken = _spoken_items(block, group.parts)
    starts = tuple(group.lead_in + at for _, at in spoken)
    pair = _compared(block) if len(block.items) == len(spoken) == 2 else None
    if pair:
        names, texts = pair
        return ComparisonScene(**common, names=names, texts=texts, starts=(starts[0], starts[1]))
    return ListScene(
        **common,
        items=tuple(block.items[item] for item, _ in spoken),
        item_starts=starts,
        numbers=tuple(item + 1 for item, _ in spoken) if block.ordered else (),
    )


def _compared(block: ListBlock) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """The names and texts of two items that both have the form "Name: text"."""
    first, second = (_NAMED.fullmatch(" ".join(item.split())) for item in block.items)
    if not first or not second:
        return None
    return (first["name"], second["name"]), (first["text"], second["text"])


def _look(before: Sequence[Scene], *, strong: bool) -> int:
    """The look that the next scene wears."""
    last = before[-1].look if before else QUIET_LOOKS - 1
    if strong and last != STRONG_LOOK:
        return STRONG_LOOK
    quiet = [scene.look for scene in before if scene.look != STRONG_LOOK]
    return (quiet[-1] + 1) % QUIET_LOOKS if quiet else 0


def _coming_in(before: Scene | None, scene: Scene, turn: Transition) -> Scene:
    """The scene with its transition: the module's table."""
    if before is None:
        return msgspec.structs.replace(scene, transition="cut")
    if _goes_on(before, scene):
        return msgspec.structs.replace(scene, transition="cut", look=before.look)
    turns = isinstance(scene, ClosingScene) or scene.heading != before.heading
    return msgspec.structs.replace(scene, transition=turn if turns else "dissolve")


def _goes_on(before: Scene, scene: Scene) -> bool:
    """Whether the scene shows the same code as the one before it."""
    return (
        isinstance(before, CodeScene)
        and isinstance(scene, CodeScene)
        and (before.code, before.language) == (scene.code, scene.language)
    )


def _cues(parts: Sequence[Part], lead_in: float) -> tuple[tuple[Cue, ...], float]:
    """The parts one after another, and when the last pause ends."""
    cues, at = [], lead_in
    for part in parts:
        cues.append(
            Cue(
                sentence_id=part.sentence.id,
                text=part.text,
                block_ids=part.sentence.block_ids,
                take=part.take,
                take_start=part.take_start,
                start=at,
                end=at + part.length,
                words=tuple(
                    CueWord(text=word.text, start=at + word.start, end=at + word.end)
                    for word in part.words
                ),
            )
        )
        at += part.length + part.pause
    return tuple(cues), at


def _whole_frames(seconds: float, rate: int) -> float:
    """The time rounded up to whole frames; half a frame at least is kept for the last sample."""
    return max(1, math.ceil(seconds * rate - 1e-6)) / rate


def _spoken_items(block: ListBlock, parts: Sequence[Part]) -> list[tuple[int, float]]:
    """Which items are spoken in the parts, and when each begins, in seconds; rising in time.

    An item is spoken when its first words (at most four) are heard one after another.
    """
    heard = heard_words(parts)
    texts = [text for text, _ in heard]
    found, from_word = [], 0
    for index, item in enumerate(block.items):
        words = plain_words(item)[:4]
        for start in range(from_word, len(texts) - len(words) + 1):
            if words and texts[start : start + len(words)] == words:
                found.append((index, heard[start][1]))
                from_word = start + len(words)
                break
    return found


def _detail(article: Article) -> str:
    return "  ·  ".join(part for part in (article.byline, _date(article)) if part)


def _date(article: Article) -> str:
    """The day of publication: in words in English, else as ISO 8601 has it."""
    try:
        day = date.fromisoformat(article.published[:10])
    except ValueError:
        return ""
    if article.language.split("-")[0] != "en":
        return day.isoformat()
    # `strftime` would follow the machine's locale instead of the article's language.
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _link(address: str) -> str:
    """The address as a QR code may hold it; empty for a file, and for one that is too long."""
    link = urlsplit(address)._replace(fragment="").geturl()
    fits = urlsplit(link).scheme in {"http", "https"} and len(link.encode()) <= LONGEST_LINK
    return link if fits else ""


def _plain_address(address: str) -> str:
    """The address as people write it: without scheme, query and closing slash; none for a file."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        return ""
    return (parts.netloc + parts.path).rstrip("/")
