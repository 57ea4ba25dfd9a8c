"""Abbreviations, names that are said otherwise, and signs."""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re

from gestral_video.script.numbers import cardinal, decimal, digits, year
from gestral_video.script.readings.rules import (
    NUMBER,
    Rule,
    amount,
    any_of,
    dotted,
    identifier,
    rule,
)
from gestral_video.script.vocabulary import (
    ABBREVIATIONS,
    CHOICES,
    GREEK,
    PER,
    PRONUNCIATIONS,
    SIGNS,
    TITLES,
)

__all__ = ("WORDS",)

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def _superscript(match: re.Match[str]) -> str:
    power = match[0].translate(_SUPERSCRIPTS)
    return {"2": "squared", "3": "cubed"}.get(power) or f"to the {amount(power)}"


def _letters_and_digits(match: re.Match[str]) -> str:
    """`x86`, `V8`, `H264`, `ES2020`, `IPv6`, `80s`: letters and numbers by turns."""
    known = PRONUNCIATIONS.get(match[0].lower())
    if known:
        return known
    parts = re.findall(r"\d+|[^\W\d_]+", match[0])
    return " ".join(
        (year(part) if re.fullmatch(r"(?:19|20)\d\d", part) else cardinal(part))
        if part.isdecimal()
        else part
        for part in parts
    )


def _choice(match: re.Match[str]) -> str:
    return f"{match[1]} or {identifier(match[2])}"


def _comparison(match: re.Match[str]) -> str:
    """`> 5` is "more than five"; `x > 5` is "x is greater than five"."""
    said = {"<": "less than", ">": "more than", "<=": "at most", ">=": "at least"}[match[1]]
    compared = re.search(r"(?<!\w)(?:[A-Za-z]|\d+) $", match.string[: match.start()])
    return f"is {said.replace('more', 'greater')}" if compared and len(match[1]) == 1 else said


WORDS: tuple[Rule, ...] = (
    # Words
    rule(
        "title of a person",
        rf"\b({any_of(TITLES)})\.(?= [A-Z]| and [A-Z])|\b(Dr|Mr|Mrs|Ms|Prof|Mt)(?= [A-Z])",
        lambda m: TITLES[m[1] or m[2]],
    ),
    rule("page", r"\bp\. ?(?=\d)", lambda m: "page|" if " " in m[0] else "page "),
    rule(
        "abbreviation",
        rf"(?<![\w.])({any_of(ABBREVIATIONS)})(?!\w)",
        lambda m: ABBREVIATIONS[m[1]],
    ),
    rule("two choices", rf"(?<![\w/])({any_of(CHOICES)})/(\w+)(?![\w/])", _choice),
    rule(
        "capitals side by side",
        r"(?<![\w/])([A-Z]{1,5})/([A-Z]{1,5})(?![\w/])",
        lambda m: f"{m[1]} {m[2]}",
    ),
    rule(
        "pronounced otherwise",
        rf"(?i)(?<![\w.])({any_of(PRONUNCIATIONS)})(?!\w|\.\w)",
        lambda m: PRONUNCIATIONS[m[1].lower()],
    ),
    rule(
        "capitals and a number",
        r"(?<![\w-])([A-Z]{2,})-(\d{1,4}(?:\.\d{1,2})?)(?![\w-])",
        lambda m: f"{PRONUNCIATIONS.get(m[1].lower(), m[1])} {decimal(m[2])}",
    ),
    rule("superscript", r"(?<=[\w)])⁻?[⁰¹²³⁴-⁹]+", _superscript),
    rule("letters and digits", r"(?<!\w)(?:[^\W\d_]+\d|\d+[^\W\d_])\w*", _letters_and_digits),
    rule("camel case", r"(?<!\w)[a-z]+(?:[A-Z][a-z]+){1,6}(?!\w)", lambda m: identifier(m[0])),
    rule(
        "dotted name",
        r"(?<![\w.])[^\W\d_]{2,}(?:\.[^\W\d_]{2,})+(?![\w.])",
        lambda m: dotted(m[0]),
    ),
    # Signs
    rule("footnote", r"\[[1-9]\d{0,2}\]", lambda _: ""),
    rule("smiley", r"(?<!\S)[:;]'?-?[()DPp](?!\S)", lambda _: ""),
    rule(
        "less or more",
        r"(?<!\S)([<>]=?)(?=\s?[\w-])",
        _comparison,
    ),
    rule(
        "per",
        rf"(?<=[\dk])\s?/\s?({any_of(PER)})(?![\w/])",
        lambda m: f" per {PER[m[1]]}",
    ),
    rule("over", r"(?<![\w/])(\d+)/([a-z])(?![\w/])", lambda m: f"{cardinal(m[1])} over {m[2]}"),
    rule("not", r"(?<!\S)!(?=[a-zA-Z])", lambda _: ""),
    rule("Greek letter", r"(?<!\w)([α-ωΓΔΘΛΞΠΣΦΨΩ])(?!\w)", lambda m: GREEK[m[1]]),
    rule("change of", r"(?<!\w)Δ(?=[a-zA-Z](?!\w))", lambda _: "delta "),
    rule("about", r"(?<!\w)[~≈](?=\s?\d)", lambda _: "about"),
    # A hyphen between spaces stands for a dash, and makes a pause.
    rule("dash", r"(?<!\S)-{1,3}(?!\S)", lambda _: "—"),
    rule("and or", r"\b([Aa])nd/or\b", lambda m: f"{m[1]}nd or"),
    rule(
        "plus",
        r"(?<=[\w)]) \+ (?=[\w(])|(?<=\w)\+(?=\w)|(?<![\w+])\+(?=\d)",
        lambda m: "|plus|" if " " in m[0] else "plus",
    ),
    rule("power", r"\^(?=\w)", lambda _: "to the power of"),
    rule("sign", rf"[{re.escape(''.join(SIGNS))}]", lambda m: SIGNS[m[0]]),
    rule("amount", rf"(?:(?<!\S)[-−])?{NUMBER}", lambda m: amount(m[0])),
    rule("digits of any script", r"\d+", lambda m: digits(m[0])),
)
