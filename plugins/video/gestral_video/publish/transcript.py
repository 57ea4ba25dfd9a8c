"""The transcript: what is said, in Markdown, every paragraph linked to where it comes from."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from gestral_video.publish.sources import sources_of
from gestral_video.storyboard.storyboard import ClosingScene, Cue, Scene, Storyboard

__all__ = ("transcript",)

FRAGMENT_WORDS = 8
"""Words of a paragraph that are enough to find it in its page."""


def transcript(storyboard: Storyboard) -> str:
    """The transcript of a storyboard.

    A paragraph is what was said of one block; the link after it leads to the paragraph in the post
    that it came from: browsers scroll to the words that a text fragment names (WICG, "URL Fragment
    Text Directives").
    """
    lines = [f"# {_escaped(storyboard.title)}", ""]
    lines += [f"From [{_escaped(storyboard.site_name or storyboard.address)}]({_link(storyboard)})"]
    heading = ""
    for scene, cues in _paragraphs(storyboard):
        if scene.heading and scene.heading != heading:
            heading = scene.heading
            lines += ["", f"## {_escaped(heading)}"]
        told = " ".join(cue.text for cue in cues)
        lines += ["", f"{_escaped(told)} [¶]({_link(storyboard, cues[0])})"]
    lines += ["", "## Sources", ""]
    for source in sources_of(storyboard):
        told = ", ".join(part for part in (source.credit, source.licence) if part)
        lines.append(f"- {source.kind}: <{source.address}>" + (f" ({_escaped(told)})" * bool(told)))
    return "\n".join(lines) + "\n"


def _paragraphs(storyboard: Storyboard) -> Iterator[tuple[Scene, list[Cue]]]:
    """What was said of one block after another: the scene it began in, and its cues."""
    begun: tuple[Scene, list[Cue]] | None = None
    for scene in storyboard.scenes:
        for cue in () if isinstance(scene, ClosingScene) else scene.cues:
            if begun and _block_id(begun[1][0]) == _block_id(cue):
                begun[1].append(cue)
                continue
            if begun:
                yield begun
            begun = (scene, [cue])
    if begun:
        yield begun


def _block_id(cue: Cue) -> str:
    return cue.block_ids[0] if cue.block_ids else ""


def _link(storyboard: Storyboard, cue: Cue | None = None) -> str:
    address = quote(storyboard.address.split("#")[0], safe=":/?&=%~+,;@!$'*-._")
    if cue is None or _block_id(cue) in {"", "title"} or not address.startswith("http"):
        return address
    words = quote(" ".join(cue.text.split()[:FRAGMENT_WORDS]), safe="")
    # In a text fragment hyphens part its fields; `quote` leaves them as they are.
    return f"{address}#:~:text={words.replace('-', '%2D')}"


def _escaped(text: str) -> str:
    """With the characters that Markdown would take for markup escaped."""
    return re.sub(r"([\\`*_\[\]<>#])", r"\\\1", text)
