"""What the functions that make a shot share, and what they make."""

from dataclasses import dataclass, field

from gestral_video.render.compositor import Draw, Layer, Rect
from gestral_video.render.patches import Patch
from gestral_video.render.stage import Stage
from gestral_video.render.styles import Palette, Style
from gestral_video.render.text import Fitted
from gestral_video.storyboard.storyboard import CaptionMode, Cue, Scene

__all__ = ("Desk", "Drawn", "Placed", "Shot", "argb", "bare", "even")


@dataclass(frozen=True)
class Placed:
    """Something laid out: where it is, the room it was given, and whether it had to be cut."""

    what: str
    rect: Rect
    room: Rect
    trimmed: bool = False


@dataclass(frozen=True)
class Shot:
    """What a scene looks like at any time."""

    background: Patch
    layers: tuple[Layer, ...]
    placed: tuple[Placed, ...] = ()

    def at(self, seconds: float) -> list[Draw | None]:
        """The layers' draws, the lowest first."""
        return [layer(seconds) for layer in self.layers]


Drawn = tuple[Patch, list[Layer]]
"""What a kind of scene gives: what never moves, and what moves on it, the lowest first."""


@dataclass
class Desk:
    """Where one scene is laid out.

    Attributes:
        scene: The scene.
        stage: Where things may stand.
        style: How they look.
        captions: How captions are burned in.
        placed: What has been laid out so far.
        shown: The cues whose words the scene shows itself.
        captioned: The other cues, where they get captions.
    """

    scene: Scene
    stage: Stage
    style: Style
    captions: CaptionMode
    placed: list[Placed] = field(default_factory=list)
    shown: tuple[Cue, ...] = ()
    captioned: tuple[Cue, ...] = ()

    @property
    def palette(self) -> Palette:
        """The colours of the scene's look."""
        return self.style.palettes[self.scene.look % len(self.style.palettes)]

    @property
    def unit(self) -> float:
        """One 1080th of the stage's shorter side, in pixels."""
        return self.stage.unit

    @property
    def karaoke(self) -> bool:
        """Whether words light up as they are spoken."""
        return self.captions == "karaoke"

    def room(self, shown: str = "") -> Rect:
        """The place for the scene's own things, above its captions if it needs any.

        Args:
            shown: The words that the scene shows itself; cues made of them need no captions.
        """
        known = bare(shown)
        self.shown = tuple(cue for cue in self.scene.cues if bare(cue.text) in known)
        if self.captions != "off":
            self.captioned = tuple(cue for cue in self.scene.cues if cue not in self.shown)
        return self.stage.content(captions=bool(self.captioned))

    def place(self, what: str, fitted: Fitted, at: tuple[float, float], room: Rect) -> None:
        """Note where text was laid out."""
        x, y = at
        rect = Rect(round(x), round(y), round(x + fitted.width), round(y + fitted.height))
        self.placed.append(Placed(what, rect, room, fitted.trimmed))


def bare(text: str) -> str:
    """The text without all that is neither letter nor digit, to compare what is said and shown."""
    return "".join(character for character in text.casefold() if character.isalnum())


def argb(colour: int) -> int:
    """Skia's opaque colour of 0xRRGGBB."""
    return 0xFF000000 | colour


def even(length: float) -> int:
    """The nearest even number of pixels, where patches need no resampling."""
    return round(length / 2) * 2
