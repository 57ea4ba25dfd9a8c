"""A storyboard: the scenes of a video. This is what a person edits."""

from typing import Literal

import msgspec

__all__ = (
    "CaptionMode",
    "ChapterScene",
    "ChartScene",
    "ClosingScene",
    "CodeScene",
    "CollageScene",
    "ComparisonScene",
    "Cue",
    "CueWord",
    "FigureScene",
    "Format",
    "ImageScene",
    "ListScene",
    "Mark",
    "QuoteScene",
    "Scene",
    "ShownPicture",
    "Storyboard",
    "TableScene",
    "TextScene",
    "TitleScene",
    "Transition",
    "pictures_of",
)

Format = Literal["16:9", "9:16", "1:1", "4:5"]
CaptionMode = Literal["karaoke", "lines", "off"]
"""Word by word, the one being spoken lit; line by line; or none burned in."""
Transition = Literal["cut", "dissolve", "slide", "wipe"]


class CueWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word within a cue; `start` and `end` are seconds from the start of the scene."""

    text: str
    start: float
    end: float


class Cue(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence in its scene, or the part of a long sentence that is heard in this scene.

    Attributes:
        sentence_id: The script's sentence.
        text: What captions show.
        block_ids: The blocks that the sentence came from.
        take: Path of its sound, a mono WAV file; empty for a silent cue.
        take_start: Where in the take this cue's sound begins, in seconds: 0 unless the sentence
            began in a scene before.
        start: When its sound starts, in seconds from the start of the scene.
        end: When its sound ends; the scene lasts at least as long.
        words: With times from the start of the scene.
    """

    sentence_id: str
    text: str
    block_ids: tuple[str, ...] = ()
    take: str = ""
    take_start: float = 0.0
    start: float = 0.0
    end: float = 0.0
    words: tuple[CueWord, ...] = ()


class ShownPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture on a scene.

    Attributes:
        picture: Path of its file here.
        picture_address: Where it came from.
        credit: Whose it is; may be empty.
        alt: What the page says that it shows; may be empty.
    """

    picture: str
    picture_address: str = ""
    credit: str = ""
    alt: str = ""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What is spoken of from a time on: the number of a row or line, from 0, and seconds from the
    start of the scene."""

    index: int
    start: float


class _Scene(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What all scenes have.

    Attributes:
        id: `c1`, `c2`, ... in order.
        duration: Seconds, a whole number of frames of the storyboard's rate.
        cues: What is said during it, in order; empty in a silent scene.
        heading: Of the section it tells. Text, list and code scenes show it; chapters follow it.
        look: Which of the style's looks it wears, counted round: neighbours differ.
        transition: How it comes in after the scene before it. All but a cut happen within the first
            half second of this scene, over the last frame of the scene before: scenes tile the
            timeline and never overlap.
    """

    id: str
    duration: float
    cues: tuple[Cue, ...] = ()
    heading: str = ""
    look: int = 0
    transition: Transition = "dissolve"


class TitleScene(_Scene, frozen=True, kw_only=True, tag="title"):
    """The opening card. `picture` is a local path or empty, `alt` its alternative text; `detail` is
    byline and date."""

    title: str
    site_name: str = ""
    detail: str = ""
    picture: str = ""
    picture_address: str = ""
    alt: str = ""


class TextScene(_Scene, frozen=True, kw_only=True, tag="text"):
    """Lines that rise as they are spoken, under the section's heading."""

    lines: tuple[str, ...]


class QuoteScene(_Scene, frozen=True, kw_only=True, tag="quote"):
    """Somebody's words with their name, where known."""

    text: str
    author: str = ""


class ListScene(_Scene, frozen=True, kw_only=True, tag="list"):
    """Items that appear one after another, each as it is spoken of.

    Attributes:
        items: As they are written.
        item_starts: Seconds from the start of the scene, one for every item, rising.
        numbers: One for every item of an ordered list; empty where bullets are shown.
    """

    items: tuple[str, ...]
    item_starts: tuple[float, ...]
    numbers: tuple[int, ...] = ()


class ComparisonScene(_Scene, frozen=True, kw_only=True, tag="comparison"):
    """Two things side by side, each appearing as it is spoken of.

    Attributes:
        names: Of the two.
        texts: What is said of each.
        starts: When each is spoken of, in seconds from the start of the scene.
    """

    names: tuple[str, str]
    texts: tuple[str, str]
    starts: tuple[float, float]


class CodeScene(_Scene, frozen=True, kw_only=True, tag="code"):
    """Code in colours of its syntax, the line lit that is spoken of.

    Attributes:
        code: Line breaks and indentation kept.
        language: Lower case, or empty.
        marks: Which line is spoken of from when on, in the order of time.
    """

    code: str
    language: str = ""
    marks: tuple[Mark, ...] = ()


class ImageScene(_Scene, frozen=True, kw_only=True, tag="image"):
    """A picture under a slow pan and zoom; `caption` is shown on it, `credit` small.

    `alt` says what it shows, for those who do not see it.
    """

    picture: str
    picture_address: str = ""
    alt: str = ""
    caption: str = ""
    credit: str = ""


class ChapterScene(_Scene, frozen=True, kw_only=True, tag="chapter"):
    """A section's heading on a card of its own: while it is spoken, or for a silent moment."""

    text: str


class FigureScene(_Scene, frozen=True, kw_only=True, tag="figure"):
    """A number, large, that counts up while it is spoken, between the words of its clause.

    Attributes:
        before: The words that lead to it; may be empty.
        figure: As it is written, with sign, scale and unit.
        after: The words that follow it; may be empty.
        begins: When its first word is heard, in seconds from the start of the scene.
        arrives: When it has been spoken: from then on it is shown as it is written.
    """

    figure: str
    before: str = ""
    after: str = ""
    begins: float = 0.0
    arrives: float = 0.0


class CollageScene(_Scene, frozen=True, kw_only=True, tag="collage"):
    """Two to four pictures that stand together in the post, one appearing after another."""

    pictures: tuple[ShownPicture, ...]


class TableScene(_Scene, frozen=True, kw_only=True, tag="table"):
    """Some rows and columns of a table; the row that is spoken of stands out.

    Attributes:
        rows: Every row has as many cells as the others; texts as they are written.
        header: A name for every column, or empty.
        caption: The table's own, or empty.
        marks: Which of `rows` is spoken of from when on, in the order of time.
        more_rows: How many are not shown.
        more_columns: Likewise.
    """

    rows: tuple[tuple[str, ...], ...]
    header: tuple[str, ...] = ()
    caption: str = ""
    marks: tuple[Mark, ...] = ()
    more_rows: int = 0
    more_columns: int = 0


class ChartScene(_Scene, frozen=True, kw_only=True, tag="chart"):
    """Bars, or a line over time.

    Attributes:
        shape: Which of them.
        labels: One for every bar or point.
        values: How long a bar is, how high a point.
        texts: The values as they are written: what is shown of them.
        title: What is measured; may be empty.
        marks: Which of them is spoken of from when on, in the order of time.
    """

    shape: Literal["bars", "line"]
    labels: tuple[str, ...]
    values: tuple[float, ...]
    texts: tuple[str, ...]
    title: str = ""
    marks: tuple[Mark, ...] = ()


class ClosingScene(_Scene, frozen=True, kw_only=True, tag="closing"):
    """The last card: whose post it was and where to read it.

    `address` is written as people write it; `link`, the whole of it, is shown as a QR code.
    """

    site_name: str
    address: str = ""
    link: str = ""


Scene = (
    TitleScene
    | ChapterScene
    | TextScene
    | FigureScene
    | QuoteScene
    | ListScene
    | ComparisonScene
    | CodeScene
    | TableScene
    | ChartScene
    | ImageScene
    | CollageScene
    | ClosingScene
)


def pictures_of(scene: Scene) -> tuple[ShownPicture, ...]:
    """The pictures that a scene shows."""
    match scene:
        case CollageScene(pictures=pictures):
            return pictures
        case TitleScene(picture=path, picture_address=address) if path:
            return (ShownPicture(picture=path, picture_address=address),)
        case ImageScene(picture=path, picture_address=address, credit=credit) if path:
            return (ShownPicture(picture=path, picture_address=address, credit=credit),)
        case _:
            return ()


class Storyboard(msgspec.Struct, frozen=True, kw_only=True):
    """The scenes of a video and how all of it looks.

    Attributes:
        title: Of the video.
        language: BCP 47 tag.
        address: Of the post it was made from.
        site_name: Whose post it is.
        licence: Of the post, or empty.
        format: Width to height.
        rate: Frames a second.
        style: The style's id.
        captions: How captions are burned in. WebVTT and SRT are always written.
        scenes: In order; they tile the timeline from 0.
    """

    title: str
    language: str
    address: str
    site_name: str = ""
    licence: str = ""
    format: Format = "16:9"
    rate: int = 30
    style: str = "daylight"
    captions: CaptionMode = "karaoke"
    scenes: tuple[Scene, ...] = ()

    @property
    def duration(self) -> float:
        """Length of the video in seconds."""
        return sum(scene.duration for scene in self.scenes)
