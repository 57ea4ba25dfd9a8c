"""The fonts that ship, and the system's for what they lack.

Inter, Source Serif 4 and JetBrains Mono come as one file for every part of the alphabet, Noto
Emoji as one for all emoji (SIL Open Font License 1.1, texts beside the files); skia falls back from
one to the next letter by letter. Letters in none of them are looked for among the fonts of the
operating system.
"""

import hashlib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Literal

from gestral_video.render.raster import skia

__all__ = ("Family", "collection", "families", "font_style", "fonts_version", "without_tofu")

Family = Literal["sans", "serif", "mono"]

_FOLDER = Path(__file__).parent / "fonts"
_STEMS: dict[Family, str] = {"sans": "inter", "serif": "source-serif-4", "mono": "jetbrains-mono"}
_SUBSETS = ("latin", "latin-ext", "cyrillic", "greek", "vietnamese")
_EMOJI = "emoji"
_JOINERS = "\u200c\u200d"
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Zs", "Mn", "Me"}


def font_style(weight: int) -> Any:
    """Skia's upright style of this weight (100 to 900)."""
    return skia.FontStyle(weight, skia.FontStyle.kNormal_Width, skia.FontStyle.kUpright_Slant)


class _Fonts:
    """The typefaces of this process. System fonts join when a text first needs them."""

    def __init__(self) -> None:
        self.provider = skia.textlayout.TypefaceFontProvider()
        self.collection = skia.textlayout.FontCollection()
        self.system = skia.FontMgr.RefDefault()
        self.shipped: dict[Family, tuple[str, ...]] = {}
        self.typefaces: dict[str, Any] = {}
        for family, stem in _STEMS.items():
            names = tuple(f"{family} {subset}" for subset in _SUBSETS)
            for name, subset in zip(names, _SUBSETS, strict=True):
                for path in sorted(_FOLDER.glob(f"{stem}-{subset}-[0-9]*.woff")):
                    typeface = skia.Typeface.MakeFromFile(str(path))
                    self.provider.registerTypeface(typeface, name)
                    self.typefaces.setdefault(name, typeface)
            self.shipped[family] = names
        emoji = skia.Typeface.MakeFromFile(str(_FOLDER / "noto-emoji-600-normal.woff"))
        self.provider.registerTypeface(emoji, _EMOJI)
        self.typefaces[_EMOJI] = emoji
        self.collection.setDefaultFontManager(self.provider, self.shipped["sans"][0])

    def has(self, name: str, character: str) -> bool:
        return bool(self.typefaces[name].unicharsToGlyphs([ord(character)])[0])

    @cache  # noqa: B019 - one instance lives as long as the process
    def system_family(self, character: str, weight: int) -> str:
        """The name under which a system font with this letter is registered, or nothing."""
        typeface = self.system.matchFamilyStyleCharacter("", font_style(weight), [], ord(character))
        if typeface is None or not typeface.unicharsToGlyphs([ord(character)])[0]:
            return ""
        name = f"system {typeface.getFamilyName()} {typeface.fontStyle().weight()}"
        if name not in self.typefaces:
            self.provider.registerTypeface(typeface, name)
            self.typefaces[name] = typeface
        return name


@cache
def _fonts() -> _Fonts:
    return _Fonts()


def collection() -> Any:
    """What skia's paragraphs look fonts up in."""
    return _fonts().collection


def families(family: Family, text: str, weight: int) -> tuple[str, ...]:
    """The font families that together have the letters of the text, the best first."""
    fonts = _fonts()
    names = fonts.shipped[family]
    extra = (_extra_family(family, character, weight) for character in dict.fromkeys(text))
    return names + tuple(dict.fromkeys(name for name in extra if name))


@cache
def _extra_family(family: Family, character: str, weight: int) -> str:
    """The font beyond the family's own that this letter needs, or nothing."""
    fonts = _fonts()
    if unicodedata.category(character) in _INVISIBLE:
        return ""
    if any(fonts.has(name, character) for name in fonts.shipped[family]):
        return ""
    for name in (*fonts.shipped["sans"], _EMOJI):
        if fonts.has(name, character):
            return name
    return fonts.system_family(character, weight)


def without_tofu(text: str, family: Family, weight: int) -> str:
    """The text without control characters, and without the symbols that no font here has.

    Letters stay, whatever happens: a box says more than a hole in a word.
    """
    return "".join(c for c in text if _drawable(c, family, weight))


@cache
def _drawable(character: str, family: Family, weight: int) -> bool:
    category = unicodedata.category(character)
    if category in {"Cc", "Cs", "Co", "Cn"}:
        return character == "\n"
    if category == "Cf":
        return character in _JOINERS
    if category not in {"So", "Sk"}:
        return True
    fonts = _fonts()
    own = any(fonts.has(name, character) for name in fonts.shipped[family])
    return own or bool(_extra_family(family, character, weight))


@cache
def fonts_version() -> str:
    """Changes when the shipped fonts do: part of every cache key."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.woff")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]
