"""Money, numbers, units, versions, and Roman numbers."""

# ruff: noqa: RUF001, RUF002  # typographic marks are what this file is about

import re

from gestral_video.script.numbers import cardinal, decimal, digits, ordinal, year
from gestral_video.script.readings.rules import (
    ALONE,
    END,
    NUMBER,
    Rule,
    amount,
    any_of,
    identifier,
    pairs,
    rule,
)
from gestral_video.script.vocabulary import (
    CURRENCIES,
    CURRENCY_CODES,
    FRACTIONS,
    NUMBERED,
    RULERS,
    UNITS,
    VERSIONED,
)

__all__ = ("AMOUNTS",)

_SCALES = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "b": "billion",
    "bn": "billion",
    "tn": "trillion",
}
_COUNTRIES = {
    **dict.fromkeys(("C", "CA"), "Canadian "),
    **dict.fromkeys(("A", "AU"), "Australian "),
    "NZ": "New Zealand ",
    "HK": "Hong Kong ",
}
_NOT_NOUNS = (
    r"(?:a|an|per|in|for|to|and|or|of|on|at|as|by|if|is|was|are|were|than|that|the|each|every|more"
    r"|less|from|with|when|while|but|so|up|down|away|off|long|high|wide|tall|deep|later|ago|ahead)"
)
_STAGES = {"rc": "release candidate", "pre": "pre-release", "dev": "development"}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_SIGNED = rf"(?<![\w.,)])[-−]?{NUMBER}"
_DASH = r"\s?[-–—]\s?"
_STAGE = r"(?:-(?P<stage>alpha|beta|rc|pre|dev)\.?(?P<of>\d{1,3})?)?"


def _is_one(number: str) -> bool:
    return number.lstrip("-−") == "1"


def _before_a_noun(match: re.Match[str]) -> bool:
    """Whether an amount stands between an article and a noun: "a $20 bill", "a 5 km run"."""
    text = match.string
    after = re.match(rf" (?!{_NOT_NOUNS}\b)[a-z]", text[match.end() : match.end() + 9])
    return after is not None and re.search(r"\b[Aa]n? $", text[: match.start()]) is not None


def _money(match: re.Match[str]) -> str:
    """`$3.50`, `€5–10`, `US$3 million`, `£1.2bn`, `20 EUR`, `a $20 bill`, `-C$5`."""
    groups = match.groupdict()
    one, many, cent, cents = CURRENCIES[
        groups.get("sign") or CURRENCY_CODES.get(groups.get("code") or "", "$")
    ]
    country = _COUNTRIES.get(groups.get("country") or "", "")
    one, many = country + one, country + (one if _before_a_noun(match) else many)
    minus = "minus " if groups.get("minus") else ""
    number, until, scale = groups["number"], groups.get("until"), groups.get("scale")
    amount = minus + decimal(number) + (f" to {decimal(until)}" if until else "")
    if scale:
        return f"{amount}|{_SCALES.get(scale.lower(), scale)} {many}"
    if until:
        return f"{amount}|{many}"
    whole, _, part = number.partition(".")
    if len(part) == 2 and cent:
        said = [f"{cardinal(whole)} {one if whole == '1' else many}"] if whole != "0" else []
        if part != "00":
            said.append(f"{cardinal(str(int(part)))} {cent if part == '01' else cents}")
        return minus + (" and ".join(said) or f"zero {many}")
    return f"{amount}|{one if _is_one(number) else many}"


def _percent(match: re.Match[str]) -> str:
    until = f" to {amount(match['until'])}" if match["until"] else ""
    return f"{amount(match['number'])}{until}|percent"


def _unit(match: re.Match[str]) -> str:
    one, many = UNITS[match["unit"]]
    number, until = match["number"], match["until"]
    said = f"{amount(number)} to {decimal(until)}" if until else amount(number)
    before_a_noun = "-" in match["gap"] or _before_a_noun(match)
    return f"{said}|{one if before_a_noun or (_is_one(number) and not until) else many}"


def _range(match: re.Match[str]) -> str:
    return f"{decimal(match[1])} to {decimal(match[2])}"


def _spaced_range(match: re.Match[str]) -> str:
    return f"{decimal(match[1])}|to|{decimal(match[2])}"


def _version(match: re.Match[str]) -> str:
    numbers = " point ".join(cardinal(part) for part in match["numbers"].split("."))
    groups = match.groupdict()
    if stage := groups.get("stage"):
        numbers += f" {_STAGES.get(stage, stage)}"
        numbers += f" {cardinal(groups['of'])}" if groups["of"] else ""
    return f"version {numbers}" if match["v"] else numbers


def _named_version(match: re.Match[str]) -> str:
    numbers = " point ".join(cardinal(part) for part in match["numbers"].split("."))
    return f"{identifier(match['name']) or match['name']}|{numbers}"


def _fraction(match: re.Match[str]) -> str:
    return _fraction_of(match[1], match[2])


def _fraction_of(above: str, under: str) -> str:
    below = int(under)
    name = {2: "half", 4: "quarter"}.get(below) or ordinal(str(below))
    plural = "halves" if below == 2 else name + "s"
    return f"{cardinal(above)} {name if above == '1' else plural}"


def _roman(text: str) -> str:
    """`VIII` is 8; numbers such as `IIII` or `VX` are none, and give nothing."""
    values = [_ROMAN[letter] for letter in text]
    total = sum(-value if value < max(values[i:]) else value for i, value in enumerate(values))
    return str(total) if re.fullmatch(r"C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", text) else ""


def _numbered_part(match: re.Match[str]) -> str:
    """`World War II`, `Chapter IV`: how many."""
    number = _roman(match[2])
    said = match[1].replace(" ", "|")
    return f"{said}|{cardinal(number) if number else match[2]}"


def _ruler(match: re.Match[str]) -> str:
    """`Henry VIII`: which one."""
    number = _roman(match[2])
    said = match[1].replace(" ", "|")
    return f"{said}|{'the ' + ordinal(number) if number else match[2]}"


def _side(number: str) -> str:
    """Of a picture: `1080` is "ten eighty"."""
    return pairs(number) if len(number) == 4 and number[-2:] != "00" else cardinal(number)


def _phone(text: str) -> str:
    plus = "plus " if text.startswith("+") else ""
    groups = re.split(r"([ -])", text.lstrip("+"))
    return plus + "".join(
        ",|" if group == " " else ", " if group == "-" else digits(group) for group in groups
    )


AMOUNTS: tuple[Rule, ...] = (
    # Money
    rule(
        "euros with a comma",
        r"€\s?(\d{1,3}),(\d\d)(?![\d,]|\.\d)",
        lambda m: (
            f"{cardinal(m[1])} {'euro' if m[1] == '1' else 'euros'}"
            f" and {cardinal(str(int(m[2])))} cents"
        ),
    ),
    rule(
        "money",
        rf"(?P<minus>(?<![\w)])[-−])?(?:\b(?P<country>US|CA|AU|HK|NZ|C|A))?(?P<sign>[$€£¥₹₩])\s?"
        rf"(?P<number>{NUMBER})(?:[-–](?P=sign)?(?P<until>{NUMBER})(?![kKmMbB%]))?"
        r"(?:[\s-]?(?P<scale>thousand|million|billion|trillion|(?:[kKmM]n?|bn|tn|B)\b))?",
        _money,
    ),
    rule(
        "cents",
        rf"{ALONE}(\d{{1,3}})\s?¢",
        lambda m: f"{cardinal(m[1])}|{'cent' if m[1] == '1' else 'cents'}",
    ),
    rule(
        "money with the sign after it",
        rf"{ALONE}(?P<number>{NUMBER})(?P<until>)(?:\s?(?P<scale>thousand|million|billion|trillion))?"
        r"\s?(?P<sign>[€£₹])",
        _money,
    ),
    rule(
        "money by code",
        rf"\b(?P<code>{any_of(CURRENCY_CODES)})\s(?P<number>{NUMBER})(?P<until>)(?P<scale>){END}",
        lambda m: "|" + _money(m),
    ),
    rule(
        "money with the code after it",
        rf"{ALONE}(?P<number>{NUMBER})(?P<until>)(?P<scale>)\s?(?P<code>{any_of(CURRENCY_CODES)})\b",
        _money,
    ),
    # Amounts
    rule(
        "percent",
        rf"(?P<number>{_SIGNED})(?:%?{_DASH}(?P<until>{NUMBER}))?\s?%",
        _percent,
    ),
    rule("per mille", rf"({_SIGNED})\s?‰", lambda m: f"{amount(m[1])}|per thousand"),
    rule(
        "degrees",
        rf"({_SIGNED})\s?°\s?(C|F|K)?{END}",
        lambda m: (
            f"{amount(m[1])}|{'degree' if _is_one(m[1]) else 'degrees'}"
            + {"C": "|Celsius", "F": "|Fahrenheit", "K": "|Kelvin", None: ""}[m[2]]
        ),
    ),
    rule(
        "version",
        rf"(?<![\w.])(?P<v>[vV])\.?(?P<numbers>\d+(?:\.\d+)+){_STAGE}(?![\w])",
        _version,
    ),
    rule(
        "version of one part",
        r"(?<![\w.])(?P<v>v)(?P<numbers>\d{1,3})(?![\w-]|\.\w)",
        _version,
    ),
    rule(
        "version of something",
        rf"\b(?P<name>{any_of(VERSIONED)}) (?P<numbers>\d+(?:\.\d+)+)(?!\w)",
        _named_version,
    ),
    rule(
        "version of many parts",
        rf"(?<![\w.])(?P<v>)(?P<numbers>\d+(?:\.\d+){{2,}}){_STAGE}(?!\w)",
        _version,
    ),
    rule(
        "feet and inches",
        r"(?<![\w.,])(\d{1,2})(?:['′]|\s?ft\s?)(\d{1,2})(?:[\"″]|\s?in\b)",
        lambda m: f"{cardinal(m[1])} foot {cardinal(m[2])}",
    ),
    rule(
        "units",
        rf"(?P<number>{_SIGNED})(?:{_DASH}(?P<until>{NUMBER}))?(?P<gap>[\s-]?)(?P<unit>{any_of(UNITS)}){END}",
        _unit,
    ),
    rule(
        "resolution",
        rf"{ALONE}(\d+)(?:[x×]|(?<=\d\d) [x×] (?=\d\d))(\d+){END}",
        lambda m: (
            f"{_side(m[1])}|by|{_side(m[2])}" if " " in m[0] else f"{_side(m[1])} by {_side(m[2])}"
        ),
    ),
    rule("times", rf"{ALONE}({NUMBER})[x×]{END}", lambda m: f"{decimal(m[1])} times"),
    rule(
        "lines of a picture",
        rf"{ALONE}(\d{{3,4}})([pi]){END}",
        lambda m: f"{pairs(m[1])} {m[2].upper()}",
    ),
    rule("thousands", rf"{ALONE}({NUMBER})[kK]{END}", lambda m: f"{decimal(m[1])} K"),
    rule(
        "millions",
        rf"{ALONE}({NUMBER})(M|bn){END}",
        lambda m: f"{decimal(m[1])} {_SCALES[m[2].lower()]}",
    ),
    rule("at least", rf"({_SIGNED})\+(?!\w)", lambda m: f"{amount(m[1])} plus"),
    rule("and more", r"(?<=%)\+(?!\w)", lambda _: " plus"),
    rule("around the clock", r"\b24/7\b", lambda _: "twenty-four seven"),
    rule(
        "out of",
        rf"{ALONE}([2-9]|\d\d|100)/(10|100)(?![\w/])",
        lambda m: f"{cardinal(m[1])} out of {cardinal(m[2])}",
    ),
    rule(
        "mixed fraction",
        rf"{ALONE}(\d{{1,3}}) ([1-9])/([2-9]|10|16)(?![\w/])",
        lambda m: f"{cardinal(m[1])}|and {_fraction_of(m[2], m[3])}",
    ),
    rule(
        "halves, and dates of which everybody knows",
        rf"{ALONE}(?:(\d\d)/\1|9/11|7/7)(?![\w/])",
        lambda m: " ".join(cardinal(part) for part in m[0].split("/")),
    ),
    rule(
        "small part",
        rf"{ALONE}1/(1[1-9]|[2-9]0|100|1000)(?![\w/])",
        lambda m: f"one {ordinal(m[1]).removeprefix('one ')}",
    ),
    rule("divided by", r"(?<=\d) / (?=\d)", lambda _: "|divided by|"),
    rule("fraction", rf"{ALONE}([1-9])/([2-9]|10)(?![\w/])", _fraction),
    rule(
        "fraction sign",
        rf"(?<!\d)(\d{{1,9}})?\s?([{''.join(FRACTIONS)}])",
        lambda m: (f"{cardinal(m[1])} and|" if m[1] else "") + FRACTIONS[m[2]],
    ),
    rule(
        "ordinal",
        rf"{ALONE}(\d{{1,3}}(?:,\d{{3}})+|\d+)(?:st|nd|rd|th)\b",
        lambda m: ordinal(m[1]),
    ),
    rule("numbered", r"(?<![\w&])#(\d+)", lambda m: f"number {cardinal(m[1])}"),
    rule("number abbreviated", r"\b([Nn])o\. (\d+)", lambda m: f"{m[1]}umber|{cardinal(m[2])}"),
    rule(
        "phone within a country",
        r"(?<![\w.-])(?:\((\d{3})\) ?)?(\d{3})-(\d{4})(?![\w-])",
        lambda m: (
            (f"{digits(m[1])}," + ("|" if " " in m[0] else " ") if m[1] else "")
            + f"{digits(m[2])}, {digits(m[3])}"
        ),
    ),
    rule(
        "book number",
        r"\bISBN(:? )(\d(?:-?\d){8,11}-?[\dX])(?!\w)",
        lambda m: "ISBN|" + " ".join(digits(c) if c.isdecimal() else c for c in m[2] if c != "-"),
    ),
    rule(
        "emergency call",
        r"\b([Cc]all|[Dd]ial) (911|112|999)(?!\w)",
        lambda m: f"{m[1]}|{digits(m[2])}",
    ),
    rule(
        "number of a room or flight",
        r"\b(Room|Flight|Boeing|Airbus|Highway|Interstate) (\d{3})(?![\w.,]\d|\w)",
        lambda m: f"{m[1]}|{pairs(m[2])}",
    ),
    rule(
        "thousands with spaces",
        r"(?<![\w.,] )(?<![\w.,+-])[1-9]\d{0,2}(?: \d{3}){2,4}(?![\w-]| \d)",
        lambda m: cardinal(m[0].replace(" ", "")) + "|" * m[0].count(" "),
    ),
    rule(
        "phone",
        r"(?<![\w.-])(?:\+?\d{1,3}|0\d{3})(?:[ -]\d{2,4}){2,4}(?![\w-])",
        lambda m: _phone(m[0]),
    ),
    rule(
        "scientific",
        rf"({_SIGNED})[eE]([+-]?\d{{1,3}}){END}",
        lambda m: f"{amount(m[1])} times ten to the {amount(m[2].lstrip('+'))}",
    ),
    rule(
        "numbers in a row",
        rf"{ALONE}\d{{1,2}}(?:-\d{{1,2}}){{2,5}}(?![\w-])",
        lambda m: ", ".join(cardinal(part) for part in m[0].split("-")),
    ),
    rule("minus", r"(?<=\d) (?:−|-(?= \d+(?:\.\d+)? ?=)) (?=\d)", lambda _: "|minus|"),
    rule("range", rf"{ALONE}({NUMBER})[-–—]({NUMBER})(?![\w-])", _range),
    rule("range with spaces", rf"{ALONE}({NUMBER}) [–—-] ({NUMBER}){END}", _spaced_range),
    rule("year", r"(?<![\w.,$€£#-])((?:19|20)\d\d)(?![\w,]\d|\w|\.\d)", lambda m: year(m[1])),
    rule("circa", r"\b[Cc]a\. (1\d\d\d)(?!\w)", lambda m: f"circa|{year(m[1])}"),
    rule(
        "a year after its preposition",
        r"\b([Ii]n|[Ss]ince|[Uu]ntil|[Cc]irca|[Bb]y|[Aa]round) (1[1-8]\d\d|2[1-2]\d\d)"
        r"(?![\w.,]\w|\w)",
        lambda m: f"{m[1]}|{year(m[2])}",
    ),
    rule(
        "an early year",
        r"\b([Ii]n|[Ss]ince|[Uu]ntil) (10\d\d)"
        r"(?=[.,;:)](?!\d)|$| (?:the|when|and|by|as|he|she|they)\b)",
        lambda m: f"{m[1]}|{year(m[2])}",
    ),
    rule(
        "to, between amounts",
        r"(?<=[\dkKmM%°])–(?=[$€£¥]?\d)|(?<=[kKmM%])-(?=[$€£¥]?\d)|(?<=\d)-(?=[$€£¥]\d)|(?<=[ap]m)[-–](?=\d)",
        lambda _: " to ",
    ),
    rule(
        "ratio",
        r"(?<![\w.,:])(\d{1,4}):(\d{1,4})(?![\w:])",
        lambda m: f"{cardinal(m[1])} to {cardinal(m[2])}",
    ),
    rule("point something", r"(?<![\w.])\.(\d+)(?!\w)", lambda m: f"point {digits(m[1])}"),
    # Roman numbers
    rule(
        "numbered part",
        rf"\b({any_of(NUMBERED)}) ([IVXLC]{{1,7}})(?![\w'’])",
        _numbered_part,
    ),
    rule("ruler", rf"\b({any_of(RULERS)}) ([IVX]{{2,6}}|[VX])(?![\w.])", _ruler),
)
