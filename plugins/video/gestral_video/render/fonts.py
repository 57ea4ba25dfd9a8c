"""The fonts that ship, from the text's own families to those for every other script.

Inter, Source Serif 4 and JetBrains Mono come as one file for every part of the alphabet. What they
lack is looked for in the Noto fonts by script, loaded when a text first needs one, then among the
fonts of the operating system. Emoji are drawn in colour. All that ships is under the SIL Open Font
License 1.1, the texts beside the files; `tools/gather_fonts.py` fetched them.

There is never a box in place of a letter: what no font has is left out, a run of letters with an
ellipsis in its place.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from gestral_video.render.raster import skia
from gestral_video.segmentation import letters

__all__ = (
    "Family",
    "collection",
    "font_style",
    "fonts_version",
    "lost_letters",
    "shown",
    "with_families",
)

Family = Literal["sans", "serif", "mono"]

_FOLDER = Path(__file__).parent / "fonts"
_STEMS: dict[Family, str] = {"sans": "inter", "serif": "source-serif-4", "mono": "jetbrains-mono"}
_SUBSETS = ("latin", "latin-ext", "cyrillic", "greek", "vietnamese")

_SCRIPTS = {
    "noto-sans-greek-ext": "\u0370-\u03ff\u1f00-\u1fff",
    "noto-sans-cyrillic-ext": "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f",
    "noto-sans-armenian-armenian": "\u0530-\u058f\ufb13-\ufb17",
    "noto-sans-hebrew-hebrew": "\u0590-\u05ff\ufb1d-\ufb4f",
    "noto-sans-arabic-arabic": "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "noto-sans-syriac-syriac": "\u0700-\u074f\u0860-\u086f",
    "noto-sans-thaana-thaana": "\u0780-\u07bf",
    "noto-sans-devanagari-devanagari": "\u0900-\u097f\u1cd0-\u1cff\ua830-\ua83f\ua8e0-\ua8ff",
    "noto-sans-bengali-bengali": "\u0980-\u09ff",
    "noto-sans-gurmukhi-gurmukhi": "\u0a00-\u0a7f",
    "noto-sans-gujarati-gujarati": "\u0a80-\u0aff",
    "noto-sans-oriya-oriya": "\u0b00-\u0b7f",
    "noto-sans-tamil-tamil": "\u0b80-\u0bff",
    "noto-sans-telugu-telugu": "\u0c00-\u0c7f",
    "noto-sans-kannada-kannada": "\u0c80-\u0cff",
    "noto-sans-malayalam-malayalam": "\u0d00-\u0d7f",
    "noto-sans-sinhala-sinhala": "\u0d80-\u0dff",
    "noto-sans-thai-thai": "\u0e00-\u0e7f",
    "noto-sans-lao-lao": "\u0e80-\u0eff",
    "noto-serif-tibetan-tibetan": "\u0f00-\u0fff",
    "noto-sans-myanmar-myanmar": "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f",
    "noto-sans-georgian-georgian": "\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2f",
    "noto-sans-ethiopic-ethiopic": "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f",
    "noto-sans-cherokee-cherokee": "\u13a0-\u13ff\uab70-\uabbf",
    "noto-sans-canadian-aboriginal-canadian-aboriginal": "\u1400-\u167f\u18b0-\u18ff",
    "noto-sans-khmer-khmer": "\u1780-\u17ff\u19e0-\u19ff",
    "noto-sans-nko-nko": "\u07c0-\u07ff",
    "noto-sans-tifinagh-tifinagh": "\u2d30-\u2d7f",
    "noto-sans-latin-ext": "\u0100-\u02ff\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff",
    "noto-sans-math-latin": "\u2000-\u2bff\U0001d400-\U0001d7ff\U0001ee00-\U0001eeff",
    "noto-sans-symbols-symbols": "\u2000-\u2bff\U0001f100-\U0001f7ff",
    "noto-sans-symbols-2-symbols": "\u2000-\u2bff\U00010100-\U000101ff\U0001f000-\U0001fbff",
    "dejavu-sans": "\u0020-\u052f\u1e00-\u218f",
    "noto-sans-cjk-rare": "\u2000-\u303f\U0001f100-\U0001f2ff",
}
"""For every font of one script, the characters for which it is asked, in this order."""
_LINES = "dejavu-sans-mono"
"""As wide as the letters of code, and asked first for the lines and blocks of diagrams."""

_EAST = {
    "jp": "noto-sans-jp-japanese",
    "kr": "noto-sans-kr-korean",
    "sc": "noto-sans-sc-chinese-simplified",
    "tc": "noto-sans-tc-chinese-traditional",
    "rare": "noto-sans-cjk-rare",
}
_EASTERN = re.compile(
    "[\u1100-\u11ff\u2e80-\u31ff\u3200-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff00-\uffef\U00020000-\U0003ffff]"
)
_KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

_EMOJI = "noto-color-emoji-emoji"
# The signs that are drawn in colour by themselves (Unicode's property Emoji_Presentation); beyond
# the basic plane every sign that the emoji font has. Others are when U+FE0F or U+20E3 follows.
_COLOURED = re.compile(
    "[\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1"
    "\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705"
    "\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50"
    "\u2b55\U0001f000-\U0001faff\ufe0f\u20e3]"
)
_TEXT_STYLE = "\ufe0e"
_KEPT_FORMAT = "\u200c\u200d\u200e\u200f\u061c"
"""Joiners, and marks of direction."""
_MARKS = {"Mn", "Me", "Mc"}
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Zs"}


def font_style(weight: int) -> Any:
    """Skia's upright style of this weight (100 to 900)."""
    return skia.FontStyle(weight, skia.FontStyle.kNormal_Width, skia.FontStyle.kUpright_Slant)


class _Fonts:
    """The typefaces of this process. Those of other scripts join when a text first needs them."""

    def __init__(self) -> None:
        self.provider = skia.textlayout.TypefaceFontProvider()
        self.collection = skia.textlayout.FontCollection()
        self.system = skia.FontMgr.RefDefault()
        self.own: dict[Family, tuple[str, ...]] = {}
        self.typefaces: dict[str, Any] = {}
        self.scripts = tuple((name, re.compile(f"[{of}]")) for name, of in _SCRIPTS.items())
        for family, stem in _STEMS.items():
            names = tuple(f"{family} {subset}" for subset in _SUBSETS)
            for name, subset in zip(names, _SUBSETS, strict=True):
                for path in sorted(_FOLDER.glob(f"{stem}-{subset}-[0-9]*.woff")):
                    typeface = skia.Typeface.MakeFromFile(str(path))
                    self.provider.registerTypeface(typeface, name)
                    self.typefaces.setdefault(name, typeface)
            self.own[family] = names
        self.collection.setDefaultFontManager(self.provider, self.own["sans"][0])

    @cache  # noqa: B019 - one instance lives as long as the process
    def has(self, name: str, character: str) -> bool:
        if name not in self.typefaces:
            (path,) = _FOLDER.glob(f"{name}-[1-9]00*.woff")
            self._register(name, skia.Typeface.MakeFromFile(str(path)))
        return bool(self.typefaces[name].unicharsToGlyphs([ord(character)])[0])

    def of_script(self, character: str, east: tuple[str, ...]) -> str:
        """The shipped font of the script that this character belongs to, or nothing."""
        names = [_LINES] if "\u2500" <= character < "\u25a0" else []
        names += [name for name, asked in self.scripts if asked.match(character)]
        if _EASTERN.match(character):
            names += east
        return next((name for name in names if self.has(name, character)), "")

    @cache  # noqa: B019 - one instance lives as long as the process
    def of_system(self, character: str, weight: int) -> str:
        """The name under which a system font with this letter is registered, or nothing."""
        typeface = self.system.matchFamilyStyleCharacter("", font_style(weight), [], ord(character))
        if typeface is None or not typeface.unicharsToGlyphs([ord(character)])[0]:
            return ""
        name = f"system {typeface.getFamilyName()} {typeface.fontStyle().weight()}"
        if name not in self.typefaces:
            self._register(name, typeface)
        return name

    def _register(self, name: str, typeface: Any) -> None:
        self.provider.registerTypeface(typeface, name)
        self.typefaces[name] = typeface


@cache
def _fonts() -> _Fonts:
    return _Fonts()


def collection() -> Any:
    """What skia's paragraphs look fonts up in."""
    return _fonts().collection


def with_families(text: str, family: Family, weight: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The text in pieces, each with the font families that together have its letters."""
    east = _east(text)
    piece, coloured = "", False
    for letter in letters(text) if _COLOURED.search(text) else [text]:
        if _is_coloured(letter) != coloured:
            if piece:
                yield piece, _families(piece, family, weight, east, coloured=coloured)
            piece, coloured = "", not coloured
        piece += letter
    if piece:
        yield piece, _families(piece, family, weight, east, coloured=coloured)


def shown(text: str, family: Family, weight: int) -> str:
    """The text as it can be drawn.

    Without control characters and what no font has: signs and accents go, a run of letters becomes
    an ellipsis. Spaces of any kind become the plain one.
    """
    text = unicodedata.normalize("NFC", text)
    if text.isascii() and text.isprintable():
        return text
    east, out = _east(text), ""
    for letter in letters(text):
        drawn = _drawable(letter, family, weight, east)
        lost = not drawn and unicodedata.category(letter[0])[0] in "LN"
        if lost and not out.endswith("…"):
            out += "…"
        out += drawn
    # What a control character parted may be one letter now, which no font has.
    return out if out == text else shown(out, family, weight)


def lost_letters(text: str) -> tuple[str, ...]:
    """The letters of a text that no font has; accents, signs and controls are none."""
    east = _east(text)
    found = dict.fromkeys(letters(unicodedata.normalize("NFC", text)))
    return tuple(
        letter
        for letter in found
        if unicodedata.category(letter[0])[0] in "LN" and not _drawable(letter, "sans", 400, east)
    )


@cache
def fonts_version() -> str:
    """Changes when the shipped fonts do: part of every cache key."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.woff")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _east(text: str) -> tuple[str, ...]:
    """The Chinese, Japanese and Korean fonts in the order in which they suit the text.

    One ideograph looks different in each country. Kana tell Japanese, Hangul Korean; Chinese is
    written in the simplified letters, unless the text has one that only the traditional font has.
    """
    if not _EASTERN.search(text):
        return tuple(_EAST.values())
    order = ["sc", "tc", "jp", "kr", "rare"]
    if _KANA.search(text):
        order = ["jp", "sc", "tc", "kr", "rare"]
    elif _HANGUL.search(text):
        order = ["kr", "tc", "jp", "sc", "rare"]
    else:
        ideographs = set(_IDEOGRAPH.findall(text))
        lacking = {
            key: sum(not _fonts().has(_EAST[key], c) for c in ideographs)
            for key in ("sc", "tc", "jp")
        }
        order.sort(key=lambda key: lacking.get(key, len(ideographs) + 1))
    return tuple(_EAST[key] for key in order)


def _is_coloured(letter: str) -> bool:
    found = bool(_COLOURED.search(letter)) and _TEXT_STYLE not in letter
    return found and _fonts().has(_EMOJI, letter[0])


def _families(
    text: str, family: Family, weight: int, east: tuple[str, ...], *, coloured: bool
) -> tuple[str, ...]:
    own = _fonts().own[family]
    if coloured:
        return (_EMOJI, *own)
    extra = (_extra_family(family, character, weight, east) for character in dict.fromkeys(text))
    return own + tuple(dict.fromkeys(name for name in extra if name))


@cache
def _extra_family(family: Family, character: str, weight: int, east: tuple[str, ...]) -> str:
    """The font beyond the family's own that this letter needs, or nothing."""
    fonts = _fonts()
    if unicodedata.category(character) in _INVISIBLE or character in "\ufe0e\ufe0f":
        return ""
    if any(fonts.has(name, character) for name in fonts.own[family]):
        return ""
    for name in fonts.own["sans"]:
        if fonts.has(name, character):
            return name
    found = fonts.of_script(character, east) or fonts.of_system(character, weight)
    return found or (_EMOJI if fonts.has(_EMOJI, character) else "")


@cache
def _drawable(letter: str, family: Family, weight: int, east: tuple[str, ...]) -> str:
    """What of a letter, with all that belongs to it, can be drawn: all, or it without a mark."""
    if unicodedata.category(letter[0]) == "Zs":
        return " " + _drawable(letter[1:], family, weight, east) if letter[1:] else " "
    if _is_coloured(letter):
        return "".join(c for c in letter if not _visible(c) or _fonts().has(_EMOJI, c))
    kept = [c for c in letter if _visible(c) or c in _KEPT_FORMAT or c == "\n"]
    seen = [c for c in kept if c not in _KEPT_FORMAT and c != "\n"]
    if not seen:
        return "".join(kept)
    fonts = _fonts()
    names = (*fonts.own[family], *fonts.own["sans"])
    names += tuple(name for c in seen if (name := _extra_family(family, c, weight, east)))
    # A letter and its marks come from one font: the one that has the letter and most of the marks.
    able = [name for name in names if fonts.has(name, seen[0])]
    if not able:
        plain = _plain(letter)
        return "".join(_drawable(part, family, weight, east) for part in letters(plain))
    best = max(able, key=lambda name: sum(fonts.has(name, c) for c in seen))
    return "".join(c for c in kept if c in _KEPT_FORMAT or c == "\n" or fonts.has(best, c))


def _plain(letter: str) -> str:
    """What a compatibility form stands for: `ﬁ` is "fi"; nothing where its place is its meaning."""
    if unicodedata.decomposition(letter[0]).startswith(("<super>", "<sub>")):
        return ""
    plain = unicodedata.normalize("NFKC", letter)
    return plain if plain != letter else ""


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} and (
        character not in "\ufe0e\ufe0f"
    )
