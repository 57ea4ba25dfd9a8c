"""In which language a text is written."""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from lxml.html import HtmlElement

if TYPE_CHECKING:
    from py3langid.langid import (  # type: ignore[import-untyped]  # it has no type hints
        LanguageIdentifier,
    )

__all__ = ("detect", "find_language")

_TAG: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
_ENOUGH: Final = 400
"""Letters: from here on the detector is believed against what the page's template claims."""
_CERTAIN: Final = 0.99
_SAMPLE: Final = 20_000


def find_language(tree: HtmlElement, text: str) -> str:
    """BCP 47 tag of the article `text`, in lower case.

    The page's claim (its `lang`, `og:locale`, `content-language`) holds the region; but templates
    are often in English around posts that are not, so a long text decides on the language.
    """
    claim = _claim(tree)
    detected, certainty = detect(text)
    long_enough = (
        sum(letter.isalpha() for letter in text) * (3 if detected in ("zh", "ja", "ko") else 1)
        >= _ENOUGH
    )
    if claim and not (long_enough and certainty >= _CERTAIN and _differ(claim, detected)):
        return claim
    return detected or "en"


def detect(text: str) -> tuple[str, float]:
    """ISO 639-1 code of the most likely language of `text`, and how likely it is (0 to 1)."""
    language, certainty = _identifier().classify(text[:_SAMPLE])
    return str(language), float(certainty)


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _differ(claim: str, detected: str) -> bool:
    alike = ({"nb", "no", "nn", "da"}, {"hr", "sr", "bs"}, {"id", "ms"})
    spoken = claim.partition("-")[0]
    return spoken != detected and not any({spoken, detected} <= kin for kin in alike)


def _claim(tree: HtmlElement) -> str:
    claims = [tree.get("lang", ""), tree.get("xml:lang", "")]
    body = tree.find("body")
    claims += [body.get("lang", "")] if body is not None else []
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("http-equiv") or "").lower()
        if name in ("og:locale", "content-language", "language", "dc.language"):
            claims.append(meta.get("content", ""))
    for claim in claims:
        tag = claim.strip().lower().replace("_", "-").partition(",")[0]
        if _TAG.fullmatch(tag):
            return tag
    return ""
