"""Captions, descriptions and chapters as text tracks: WebVTT and SRT.

The limits are those that the large guides agree on (Netflix, "Timed Text Style Guide: General
Requirements" and its guides by language; BBC, "Subtitle Guidelines"): at most two lines of 42
letters or 16 Chinese, Japanese or Korean characters, 5/6 to 7 seconds, 20 letters a second, two
frames of nothing between one caption and the next, and no short blink between them.

Every caption comes with its first word. What is too short to be read stays after its last word, or
is told together with its neighbour. Only where the voice itself speaks faster than anybody reads
does a caption go sooner than these limits have it: the next word's caption is never late.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

import msgspec

from gestral_video.languages import primary
from gestral_video.publish.chapters import chapters_of
from gestral_video.storyboard.phrases import (
    LINE_LENGTH,
    LONGEST,
    broken,
    columns,
    joiner,
    line_count,
    pieces,
    portions,
)
from gestral_video.storyboard.seams import ends_sentence, seam
from gestral_video.storyboard.storyboard import (
    ChartScene,
    CodeScene,
    CollageScene,
    Cue,
    CueWord,
    ImageScene,
    Scene,
    Storyboard,
    TableScene,
    TitleScene,
)

__all__ = (
    "Caption",
    "captions_of",
    "chapter_track",
    "descriptions",
    "descriptions_of",
    "srt",
    "webvtt",
)

SHORTEST = 5 / 6
"""Seconds that one caption stands at least."""

SPEED = 20.0
"""Columns that a grown-up reads in a second."""

GAP_FRAMES = 2
"""Frames without a caption between two that follow each other, so that the eye sees the change."""

BRIDGED = 0.5
"""A silence shorter than this, in seconds, does not take the caption away."""

SHOWN_LENGTH = 400
"""Letters of code or of a table that a description reads out."""

_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"}
_LEFT_MARK, _RIGHT_MARK, _JOINER = "\u200e", "\u200f", "\u2060"


class Caption(msgspec.Struct, frozen=True, kw_only=True):
    """What is read at one time; seconds from the start of the video."""

    start: float
    end: float
    lines: tuple[str, ...]


class _Heard(CueWord, frozen=True, kw_only=True):
    """A word as it is heard in the video, and whether its sentence ends with it."""

    last: bool = False
    space: str = " "


def captions_of(storyboard: Storyboard) -> tuple[Caption, ...]:
    """The captions of a storyboard, in order."""
    words = list(_heard(storyboard))
    gap = GAP_FRAMES / storyboard.rate

    def fits(portion: Sequence[CueWord]) -> bool:
        if portion[-1].end - portion[0].start > LONGEST:
            return False
        # A pause parts captions, but for one that would be gone before it was read.
        shown = portion[0].start + SHORTEST + gap
        paused = any(b.start - a.end > BRIDGED and b.start >= shown for a, b in pairwise(portion))
        return not paused and line_count(portion, LINE_LENGTH) <= 2

    def cost(portion: Sequence[CueWord], after: CueWord | None) -> float:
        room = after.start - gap - portion[0].start if after else LONGEST
        wanted = _reading_time(portion)
        hurried = 3.0 + 6.0 * (1 - room / wanted) if room < wanted - 1e-6 else 0.0
        sentences = sum(_ends(word) for word in portion[:-1])
        torn = 0.0 if after is None or _ends(portion[-1]) else seam(portion[-1].text, after.text)
        orphan = 0.7 if len(portion) == 1 else 0.0
        length = sum(columns(word.text) + 1 for word in portion) / (2 * LINE_LENGTH)
        return 1.0 + hurried + 3.5 * sentences + torn + orphan + 0.4 * length * length

    found = portions(words, fits, cost)
    following = [portion[0].start for portion in found[1:]]
    return tuple(
        Caption(
            start=portion[0].start,
            end=_end(portion, after, gap),
            lines=tuple(_line(line) for line in broken(portion, LINE_LENGTH)),
        )
        for portion, after in zip_longest(found, following)
    )


def webvtt(storyboard: Storyboard) -> str:
    """The captions as a WebVTT file."""
    return _webvtt(captions_of(storyboard), storyboard.language)


def descriptions(storyboard: Storyboard) -> str:
    """What is seen and not said, as a WebVTT file for a track of the kind `descriptions`."""
    return _webvtt(descriptions_of(storyboard), storyboard.language)


def chapter_track(storyboard: Storyboard) -> str:
    """The chapters as a WebVTT file for a track of the kind `chapters`."""
    chapters = chapters_of(storyboard)
    ends = [*(chapter.start for chapter in chapters[1:]), storyboard.duration]
    tiles = [
        Caption(start=chapter.start, end=end, lines=(" ".join(chapter.title.split()),))
        for chapter, end in zip(chapters, ends, strict=True)
    ]
    return _webvtt(tiles, storyboard.language)


def srt(storyboard: Storyboard) -> str:
    """The captions as a SubRip file, its lines ended by CR and LF as that programme wrote them.

    SubRip knows no escapes, and players take `<i>` and `{\\an8}` for orders: an invisible word
    joiner keeps what only looks like one readable.
    """
    parts = []
    for number, caption in enumerate(captions_of(storyboard), start=1):
        clock = f"{_clock(caption.start, ',')} --> {_clock(caption.end, ',')}"
        lines = (_directed(_harmless(_plain(line)), storyboard.language) for line in caption.lines)
        parts.append("\r\n".join((str(number), clock, *lines, "")))
    return "\r\n".join(parts)


def descriptions_of(storyboard: Storyboard) -> tuple[Caption, ...]:
    """What is seen and not said, each in the longest silence of its scene.

    Pictures by their alternative text and caption, code by its text. A scene without any silence
    has its description at its start: players that read it aloud hold the video meanwhile.
    """
    found, at = [], 0.0
    for scene in storyboard.scenes:
        text = " ".join(_described(scene).split())
        if text:
            start, end = _silence(scene)
            found.append(Caption(start=at + start, end=at + end, lines=(text,)))
        at += scene.duration
    return tuple(found)


# --- timing ----------------------------------------------------------------------------------


def _heard(storyboard: Storyboard) -> Iterator[_Heard]:
    """Every word as it is heard, those longer than a line in pieces."""
    start = 0.0
    for scene in storyboard.scenes:
        for cue in scene.cues:
            yield from _words(cue, start)
        start += scene.duration


def _words(cue: Cue, start: float) -> Iterator[_Heard]:
    space = joiner(cue)
    cut = pieces(cue.words, LINE_LENGTH)
    for index, word in enumerate(cut):
        last = index == len(cut) - 1
        yield _Heard(
            text=word.text,
            start=start + word.start,
            end=start + word.end,
            last=last,
            space=" " if last else space,
        )


def _ends(word: CueWord) -> bool:
    return ends_sentence(word.text) or (isinstance(word, _Heard) and word.last)


def _reading_time(portion: Sequence[CueWord]) -> float:
    """Seconds that a person needs for the words."""
    length = sum(columns(word.text) for word in portion) + len(portion) - 1
    return min(LONGEST, max(SHORTEST, length / SPEED))


def _end(portion: Sequence[CueWord], following: float | None, gap: float) -> float:
    """When a caption goes: when it has been heard and read, or the next is due."""
    start = portion[0].start
    end = min(max(portion[-1].end, start + _reading_time(portion)), start + LONGEST)
    if following is None:
        return end
    if following - end < BRIDGED:
        # Words may follow each other faster than frames do: no caption is shorter than nothing.
        end = max(following - gap, (start + following) / 2)
    return min(end, start + LONGEST)


def _silence(scene: Scene) -> tuple[float, float]:
    """The longest silence of the scene, or its whole length where there is none."""
    edges = [0.0]
    for cue in scene.cues:
        edges += [cue.start, cue.end]
    edges.append(scene.duration)
    silences = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    start, end = max(silences, key=lambda silence: silence[1] - silence[0])
    return (start, end) if end - start > 0.05 else (0.0, scene.duration)


# --- text ------------------------------------------------------------------------------------


def _line(words: Sequence[CueWord]) -> str:
    text = ""
    for word in words:
        space = word.space if isinstance(word, _Heard) else " "
        text += word.text + space
    return text.removesuffix(" ")


def _described(scene: Scene) -> str:
    kind, parts = "", [""]
    match scene:
        case ImageScene(alt=alt, caption=caption):
            kind, parts = "Picture", [alt, "" if caption == alt else caption]
        case TitleScene(alt=alt):
            kind, parts = "Picture", [alt]
        case CollageScene(pictures=pictures):
            kind, parts = "Pictures", [shown.alt for shown in pictures]
        case CodeScene(code=code, language=language):
            kind, parts = f"Code in {language}" if language else "Code", [_shortened(code)]
        case TableScene(caption=caption, header=header, rows=rows):
            lines = (", ".join(filter(None, row)) for row in (header, *rows))
            kind, parts = "Table", [caption, _shortened("; ".join(filter(None, lines)))]
        case ChartScene(title=title, labels=labels, texts=texts):
            points = ", ".join(f"{name} {value}" for name, value in zip(labels, texts, strict=True))
            kind, parts = "Chart", [title, _shortened(points)]
    return _told(kind, *parts)


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"


def _told(kind: str, *parts: str) -> str:
    told = ". ".join(part.strip().removesuffix(".") for part in parts if part.strip())
    return f"{kind}: {told}" if told else ""


def _webvtt(captions: Sequence[Caption], language: str) -> str:
    # Header lines such as "Language: en" are no part of the format any more; a note may say it.
    text = f"WEBVTT\n\nNOTE Language: {language}\n"
    for caption in captions:
        text += f"\n{_clock(caption.start, '.')} --> {_clock(caption.end, '.')}\n"
        text += "".join(
            _escaped(_directed(_plain(line), language)) + "\n" for line in caption.lines
        )
    return text


def _clock(seconds: float, mark: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{mark}{thousandths:03}"


def _escaped(line: str) -> str:
    """With what WebVTT would take for markup escaped; `-->` cannot occur once `>` is."""
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _harmless(line: str) -> str:
    """With what players take for orders broken up."""
    line = re.sub(r"<(?=[a-z/!])", f"<{_JOINER}", line, flags=re.IGNORECASE)
    return line.replace("{\\", f"{{{_JOINER}\\").replace("-->", f"--{_JOINER}>")


def _plain(line: str) -> str:
    """Without control characters; a line of nothing else would end its caption."""
    kept = "".join(c for c in line if unicodedata.category(c) not in {"Cc", "Cs"})
    return kept if kept.strip() else _JOINER


def _directed(line: str, language: str) -> str:
    """The line in the direction of its language, also where it begins with a word of another.

    Players take a line's direction from its first letter; a mark before it says which is meant.
    """
    rightward = primary(language) in _RIGHT_TO_LEFT
    strong = [kind for c in line if (kind := unicodedata.bidirectional(c)) in {"L", "R", "AL"}]
    if not strong or (strong[0] != "L") == rightward:
        return line
    return (_RIGHT_MARK if rightward else _LEFT_MARK) + line
