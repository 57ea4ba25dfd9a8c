"""The transcript: what is said, in Markdown, every paragraph linked to where it comes from."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from gestral_video.publish.sources import sources_of
from gestral_video.storyboard.storyboard import ClosingScene, Cue, Scene, Storyboard

__all__ = ("transcript",)


def transcript(storyboard: Storyboard) -> str:
    """The transcript of a storyboard.

    A paragraph is what was said of one block; the link after it leads to the post's address with
    the block's id as its fragment.
    """
    lines = [f"# {_escaped(storyboard.title)}", ""]
    lines += [f"From [{_escaped(storyboard.site_name or storyboard.address)}]({_link(storyboard)})"]
    heading = ""
    for scene, block_id, text in _paragraphs(storyboard):
        if scene.heading and scene.heading != heading:
            heading = scene.heading
            lines += ["", f"## {_escaped(heading)}"]
        lines += ["", f"{_escaped(text)} [¶]({_link(storyboard, block_id)})"]
    lines += ["", "## Sources", ""]
    for source in sources_of(storyboard):
        told = ", ".join(part for part in (source.credit, source.licence) if part)
        lines.append(f"- {source.kind}: <{source.address}>" + (f" ({_escaped(told)})" * bool(told)))
    return "\n".join(lines) + "\n"


def _paragraphs(storyboard: Storyboard) -> Iterator[tuple[Scene, str, str]]:
    """What was said of one block after another: the scene it began in, the block's id, the text."""
    cues = [
        (scene, cue)
        for scene in storyboard.scenes
        if not isinstance(scene, ClosingScene)
        for cue in scene.cues
    ]
    begun: tuple[Scene, str, str] | None = None
    for scene, cue in cues:
        block_id = _block_id(cue)
        if begun and begun[1] == block_id:
            begun = (begun[0], block_id, f"{begun[2]} {cue.text}")
            continue
        if begun:
            yield begun
        begun = (scene, block_id, cue.text)
    if begun:
        yield begun


def _block_id(cue: Cue) -> str:
    return cue.block_ids[0] if cue.block_ids else ""


def _link(storyboard: Storyboard, block_id: str = "") -> str:
    address = quote(storyboard.address.split("#")[0], safe=":/?&=%~+,;@!$'*-._")
    return f"{address}#{block_id}" if block_id and block_id != "title" else address


def _escaped(text: str) -> str:
    """With the characters that Markdown would take for markup escaped."""
    return re.sub(r"([\\`*_\[\]<>#])", r"\\\1", text)
