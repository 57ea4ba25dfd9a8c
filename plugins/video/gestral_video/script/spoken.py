"""Written words as they are said: numbers, dates, money, units, addresses, code and signs.

The rules are a table (`RULES`): the earlier rule wins where two would read the same characters.
Each rule reads whole runs of the text, and hands back one part for every written word that the run
touches, so that what is said can always be traced to the word that says it.
"""

# ruff: noqa: RUF001, RUF002  # typographic marks are what this file is about

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gestral_video.script.numbers import cardinal, decimal, digits, ordinal, year
from gestral_video.script.vocabulary import (
    ABBREVIATIONS,
    CHOICES,
    CURRENCIES,
    CURRENCY_CODES,
    FRACTIONS,
    GREEK,
    MONTHS,
    NUMBERED,
    OPERATORS,
    PER,
    PRONUNCIATIONS,
    RULERS,
    SIGNS,
    SPOKEN_EXTENSIONS,
    TITLES,
    UNITS,
    VERSIONED,
    WEEKDAYS,
)

__all__ = ("RULES", "Rule", "SpokenToken", "spoken", "spoken_tokens")


class SpokenToken(NamedTuple):
    """A written word and what is said for it.

    Attributes:
        written: The word as the text has it, punctuation included.
        spoken: What a voice reads for it: no word, one word or several. Empty where there is
            nothing to say, as for an emoji.
    """

    written: str
    spoken: str


class Rule(NamedTuple):
    """One way of reading.

    Attributes:
        name: What it reads.
        pattern: Where it applies.
        say: What is said for a match; `|` parts what belongs to different written words.
    """

    name: str
    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str]


def spoken(text: str, language: str = "en") -> str:
    """What a voice reads for a text: the spoken parts of `spoken_tokens`, joined by spaces."""
    return " ".join(token.spoken for token in spoken_tokens(text, language) if token.spoken)


def spoken_tokens(text: str, language: str = "en") -> tuple[SpokenToken, ...]:
    """Read a text word by word.

    Args:
        text: Any text.
        language: BCP 47 tag. There are rules for English; in any other language every word is
            handed to the voice as it is written.

    Returns:
        One token for every word of `text.split()`, in order.
    """
    if language.split("-", maxsplit=1)[0] != "en":
        return tuple(SpokenToken(word, word) for word in text.split())
    folded = " ".join(text.split())
    parts: list[list[str]] = [[] for _ in folded.split(" ")] if folded else []
    word = 0
    for piece in _pieces(folded):
        for index, part in enumerate(piece):
            word += index > 0
            if part:
                parts[word].append(part)
    return tuple(
        SpokenToken(written, _join(said))
        for written, said in zip(folded.split(), parts, strict=True)
    )


def _pieces(text: str) -> Iterator[list[str]]:
    """The text from left to right, each piece parted at the spaces of its written words."""
    at = 0
    for start, end, said in _claims(text):
        yield _unread(text[at:start])
        yield _fit(said.split("|"), text.count(" ", start, end) + 1)
        at = end
    yield _unread(text[at:])


def _claims(text: str) -> list[tuple[int, int, str]]:
    """The runs of the text that a rule reads, in order and without overlap."""
    taken = bytearray(len(text))
    claims: list[tuple[int, int, str]] = []
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            start, end = match.span()
            if start < end and not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                claims.append((start, end, _ended(rule.say(match), match)))
    return sorted(claims)


def _ended(said: str, match: re.Match[str]) -> str:
    """The point of an abbreviation that ends the text ends the sentence too."""
    ends = match[0].endswith(".") and match.end() == len(match.string)
    return said + "." if ends and not said.endswith(".") else said


def _fit(parts: list[str], words: int) -> list[str]:
    """As many parts as written words: "5km" is one word, "5 km" is two."""
    kept = [*parts[: words - 1], " ".join(part for part in parts[words - 1 :] if part)]
    return [*kept, *[""] * (words - len(kept))]


_KEPT_PUNCTUATION = frozenset(",.;:!?…—()'\"-")
_LETTER_LIKE = ("L", "M", "N")
_FOLDED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "—", "‒": "—", "―": "—"})


def _unread(text: str) -> list[str]:
    """Letters and punctuation as they are; signs that nobody reads aloud (emoji, bullets) go."""
    kept = (
        c
        if c == " " or c in _KEPT_PUNCTUATION or unicodedata.category(c)[0] in _LETTER_LIKE
        else ""
        for c in text.translate(_FOLDED)
    )
    return "".join(kept).split(" ")


def _join(parts: list[str]) -> str:
    """The parts of one written word, with a space wherever two words would run together."""
    out = ""
    for part in parts:
        gap = " " if out and out[-1].isalnum() and part[0].isalnum() else ""
        out += gap + part
    # What is left of a word that is only quotes or brackets says nothing.
    return out if any(c.isalnum() or c in ",.;:!?…—" for c in out) else ""


# --- How each kind is said ---------------------------------------------------------------------


def _amount(text: str) -> str:
    """A number with its sign: `-5` is "minus five"."""
    if text[:1] in "-−":
        return f"minus {decimal(text[1:])}"
    return decimal(text)


def _is_one(number: str) -> bool:
    return number.lstrip("-−") == "1"


def _dotted(text: str) -> str:
    """`example.com` is "example dot com", `.bashrc` is "dot bashrc"."""
    hidden = "dot " if text.startswith(".") and text.strip(".") else ""
    return hidden + " dot ".join(_name(part) for part in text.split(".") if part)


LONGEST_ACRONYM = 5
"""Letters; longer names in capitals are words."""
_NAME_PARTS = re.compile(
    r"[A-Z]{2,}s?(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+|[^\W\d_]+", re.UNICODE
)  # runs of capitals, words, single capitals, digits, letters of other scripts


def _name(text: str) -> str:
    """The words of an identifier: `getElementById` is "get Element By Id"."""
    known = PRONUNCIATIONS.get(text.lower())
    if known:
        return known
    return " ".join(_name_part(part) for part in _NAME_PARTS.findall(text))


def _name_part(part: str) -> str:
    if part.isdecimal():
        return cardinal(part)
    # Capitals are spelled, but nobody spells STANDALONE.
    plain = part.lower() if part.isupper() and len(part) > LONGEST_ACRONYM else part
    return PRONUNCIATIONS.get(part.lower(), plain)


def _path(text: str) -> str:
    """`/etc/hosts` is "slash etc slash hosts", `~/.ssh` is "home slash dot ssh"."""
    head, *rest = text.rstrip("/").split("/")
    start = {"~": "home ", ".": "", "..": "dot dot "}.get(head, f"{_dotted(head)} " if head else "")
    return start + " ".join(f"slash {_dotted(part)}" for part in rest if part)


def _address(match: re.Match[str]) -> str:
    """The host, and a short path of one plain word: nobody can follow a longer one by ear."""
    host = match["host"].removeprefix("www.")
    path = (match["path"] or "").strip("/")
    said = _dotted(host)
    return f"{said} slash {_name(path)}" if re.fullmatch(r"[A-Za-z-]{2,16}", path) else said


def _mailbox(match: re.Match[str]) -> str:
    return f"{_dotted(match['user'])} at {_dotted(match['host'])}"


def _file_name(match: re.Match[str]) -> str:
    extension = match["extension"].lower()
    return f"{_name(match['name'])} dot {SPOKEN_EXTENSIONS.get(extension, extension)}"


def _call(match: re.Match[str]) -> str:
    return _dotted(match[1].replace("::", "."))


def _big_o(match: re.Match[str]) -> str:
    inside = " ".join(_power_or_word(part) for part in match[1].split(" "))
    words = inside.split(" ")
    gaps = match[0].count(" ")
    head, tail = words[: len(words) - gaps], words[len(words) - gaps :]
    return "|".join(("O of " + " ".join(head), *tail))


def _port(number: str) -> str:
    """`8080` is "eighty eighty"."""
    return _pairs(number) if len(number) == 4 else cardinal(number)


def _power_or_word(text: str) -> str:
    base, _, power = text.replace("²", "^2").replace("³", "^3").partition("^")
    said = cardinal(base) if base.isdecimal() else base
    return said if not power else f"{said} {'squared' if power == '2' else 'to the ' + power}"


def _time(match: re.Match[str]) -> str:
    hour, minute, second = match["hour"], match["minute"] or "00", match["second"]
    if match[0] in {"00:00", "0:00", "24:00"}:
        return "midnight"
    said = cardinal(str(int(hour)))
    if minute != "00":
        said += f" oh {cardinal(minute[1])}" if minute[0] == "0" else f" {cardinal(minute)}"
    elif not match["half"] and not second:
        said += " o'clock"
    if second:
        said += f" and {cardinal(str(int(second)))} seconds"
    return f"{said}|{match['half'].upper()}.M" if match["half"] else said


def _day(text: str) -> str:
    return ordinal(text.rstrip("stndrh"))


def _month_day(match: re.Match[str]) -> str:
    month = MONTHS[match["month"].lower()[:3]]
    said = f"{month}|{_day(match['day'])}"
    if match["until"]:
        said += f" to {_day(match['until'])}"
    return f"{said},|{year(match['year'])}" if match["year"] else said


def _day_month(match: re.Match[str]) -> str:
    the = "" if match["the"] else "the "
    lead = "the|" if match["the"] else ""
    gap = "|of|" if match["of"] else " of|"
    said = f"{lead}{the}{_day(match['day'])}{gap}{MONTHS[match['month'].lower()[:3]]}"
    return f"{said},|{year(match['year'])}" if match["year"] else said


def _iso_date(match: re.Match[str]) -> str:
    month = list(MONTHS.values())[int(match[2]) - 1]
    return f"{month} {ordinal(str(int(match[3])))}, {year(match[1])}"


def _iso_moment(match: re.Match[str]) -> str:
    hour, minute = str(int(match["hour"])), match["minute"]
    at = f"{cardinal(hour)} o'clock" if minute == "00" else _pairs(f"{hour}{minute}")
    return f"{_iso_date(match)}, at {at}" + (" U.T.C" if match["zone"] == "Z" else "")


def _dotted_date(match: re.Match[str]) -> str:
    """Points are written where the day comes first."""
    month = list(MONTHS.values())[int(match[2]) - 1]
    return f"{month} {ordinal(str(int(match[1])))}, {year(match[3])}"


def _short_year(match: re.Match[str]) -> str:
    """`'98` is "ninety-eight", `'05` is "oh five"."""
    return cardinal(match[1]) if match[1][0] != "0" else f"oh {cardinal(match[1][1])}"


def _slashed_date(match: re.Match[str]) -> str:
    """Day first or month first? Said as a date only where the numbers leave no doubt."""
    first, second = int(match[1]), int(match[2])
    if first > 12 >= second:
        first, second = second, first
    if first <= 12 < second <= 31:
        return f"{list(MONTHS.values())[first - 1]} {ordinal(str(second))}, {year(match[3])}"
    return f"{cardinal(str(first))} {cardinal(str(second))} {year(match[3])}"


def _years(match: re.Match[str]) -> str:
    until = match[2] if len(match[2]) == 4 else match[1][:2] + match[2]
    return f"{year(match[1])} to {year(until)}"


def _plural(words: str) -> str:
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _decade(match: re.Match[str]) -> str:
    ten = _plural(cardinal(match[2] + "0"))
    if not match[1]:
        return ten
    if match[1] + match[2] == "200":
        return "two thousands"
    return f"{cardinal(match[1])} {ten if match[2] != '0' else 'hundreds'}"


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
    until = f" to {_amount(match['until'])}" if match["until"] else ""
    return f"{_amount(match['number'])}{until}|percent"


def _unit(match: re.Match[str]) -> str:
    one, many = UNITS[match["unit"]]
    number, until = match["number"], match["until"]
    said = f"{_amount(number)} to {decimal(until)}" if until else _amount(number)
    before_a_noun = "-" in match["gap"] or _before_a_noun(match)
    return f"{said}|{one if before_a_noun or (_is_one(number) and not until) else many}"


def _range(match: re.Match[str]) -> str:
    return f"{decimal(match[1])} to {decimal(match[2])}"


def _spaced_range(match: re.Match[str]) -> str:
    return f"{decimal(match[1])}|to|{decimal(match[2])}"


_STAGES = {"rc": "release candidate", "pre": "pre-release", "dev": "development"}


def _version(match: re.Match[str]) -> str:
    numbers = " point ".join(cardinal(part) for part in match["numbers"].split("."))
    groups = match.groupdict()
    if stage := groups.get("stage"):
        numbers += f" {_STAGES.get(stage, stage)}"
        numbers += f" {cardinal(groups['of'])}" if groups["of"] else ""
    return f"version {numbers}" if match["v"] else numbers


def _named_version(match: re.Match[str]) -> str:
    numbers = " point ".join(cardinal(part) for part in match["numbers"].split("."))
    return f"{_name(match['name']) or match['name']}|{numbers}"


def _internet_address(match: re.Match[str]) -> str:
    return " dot ".join(cardinal(part) for part in match[0].split("."))


def _fraction(match: re.Match[str]) -> str:
    return _fraction_of(match[1], match[2])


def _fraction_of(above: str, under: str) -> str:
    below = int(under)
    name = {2: "half", 4: "quarter"}.get(below) or ordinal(str(below))
    plural = "halves" if below == 2 else name + "s"
    return f"{cardinal(above)} {name if above == '1' else plural}"


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


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


def _standard(match: re.Match[str]) -> str:
    """`ISO 8601` is "eighty-six oh one", `RFC 2119` is "twenty-one nineteen"."""
    number = match[2]
    said = _pairs(number) if len(number) in {3, 4} else cardinal(number)
    return f"{match[1]}|{said}" if " " in match[0] else f"{match[1]} {said}"


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def _superscript(match: re.Match[str]) -> str:
    power = match[0].translate(_SUPERSCRIPTS)
    return {"2": "squared", "3": "cubed"}.get(power) or f"to the {_amount(power)}"


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


def _duration(match: re.Match[str]) -> str:
    """`3h 20m` is "three hours twenty minutes", `1h30` is "one hour thirty"."""
    units = {"h": "hour", "m": "minute", "min": "minute", "s": "second"}
    first = f"{cardinal(match[1])} {units[match[2]]}" + "s" * (match[1] != "1")
    if match[5]:
        return f"{first} {cardinal(str(int(match[5])))}"
    second = f"{cardinal(match[3])} {units[match[4]]}" + "s" * (match[3] != "1")
    return f"{first}|{second}" if " " in match[0] else f"{first} {second}"


def _choice(match: re.Match[str]) -> str:
    return f"{match[1]} or {_name(match[2])}"


def _comparison(match: re.Match[str]) -> str:
    """`> 5` is "more than five"; `x > 5` is "x is greater than five"."""
    said = {"<": "less than", ">": "more than", "<=": "at most", ">=": "at least"}[match[1]]
    compared = re.search(r"(?<!\w)(?:[A-Za-z]|\d+) $", match.string[: match.start()])
    return f"is {said.replace('more', 'greater')}" if compared and len(match[1]) == 1 else said


_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_ALONE = r"(?<![\w.,])"
_SIGNED = rf"(?<![\w.,)])[-−]?{_NUMBER}"
_DASH = r"\s?[-–—]\s?"
_END = r"(?![\w])"
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:1[1-9]|20)\d\d"
_STAGE = r"(?:-(?P<stage>alpha|beta|rc|pre|dev)\.?(?P<of>\d{1,3})?)?"
_TOP_LEVEL = (
    "com|org|net|edu|gov|io|dev|app|co|uk|de|fr|es|it|nl|ch|at|eu|us|ca|au|jp|info|me|ai|tv|blog"
)


def _any_of(words: object) -> str:
    """The words as a pattern, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))  # type: ignore[call-overload]  # any mapping or set of words


def _rule(name: str, pattern: str, say: Callable[[re.Match[str]], str]) -> Rule:
    return Rule(name, re.compile(pattern), say)


RULES: tuple[Rule, ...] = (
    # Addresses and names on the internet
    _rule(
        "e-mail",
        r"(?<![\w.+-])(?P<user>[\w.+-]{1,64})@(?P<host>[\w-]{1,63}(?:\.[\w-]{2,63})+)",
        _mailbox,
    ),
    _rule(
        "address",
        r"(?:https?|ftp)://(?P<host>[^\s/?#:,;\"'<>()]+)(?::\d+)?"
        r"(?P<path>/[^\s?#,;\"'<>()]*[^\s?#,;\"'<>().!])?(?:[?#][^\s,;\"'<>()]*[\w/=&])?/?",
        _address,
    ),
    _rule(
        "bare address",
        rf"(?<![\w@./-])(?P<host>(?:[A-Za-z0-9-]{{1,63}}\.)+(?:{_TOP_LEVEL}))(?![\w-]|\.\w)"
        r"(?P<path>/[\w./-]*\w)?/?",
        _address,
    ),
    _rule(
        "port",
        r"(?:(?<=localhost)|(?<=\.\d)|(?<=\.\d\d)|(?<=\.\d\d\d)):(\d{2,5})(?![\w:])",
        lambda m: f", port {_port(m[1])}",
    ),
    _rule("named port", r"\b([Pp]ort) (\d{4})(?!\w)", lambda m: f"{m[1]}|{_port(m[2])}"),
    _rule("internet address", rf"{_ALONE}\d{{1,3}}(?:\.\d{{1,3}}){{3}}{_END}", _internet_address),
    _rule(
        "colour",
        r"(?<![\w&])#(?:(?=[a-f]{0,5}\d)[\da-fA-F]{6}|([\da-f])\1{2}(?:\1{3})?)(?!\w)",
        lambda m: f"color {_spelled(m[0][1:])}",
    ),
    _rule("hashtag", r"(?<![\w&])#(\d*[^\W\d]\w*)", lambda m: f"hashtag {_name(m[1])}"),
    _rule("handle", r"(?<![\w@])@(\w{2,40})", lambda m: f"at {_name(m[1])}"),
    # Code
    _rule("big O", r"\bO\(([\w^²³]+(?: [\w^²³]+){0,3})\)", _big_o),
    _rule("function", r"(?<!\w)([a-zA-Z])\(([a-z])\)", lambda m: f"{m[1]} of {m[2]}"),
    _rule(
        "type of",
        r"(?<!\w)([A-Z]\w{0,40})<(\w{1,40})>",
        lambda m: f"{_name(m[1])} of {_name(m[2])}",
    ),
    _rule("mark-up", r"</?([A-Za-z][\w-]{0,20})\s?/?>(?!\w)", lambda m: _name(m[1])),
    _rule("hexadecimal", r"\b0[xX]([\da-fA-F]{1,16})\b", lambda m: "hex " + _spelled(m[1])),
    _rule("binary", r"\b0b([01]{1,32})\b", lambda m: f"binary {digits(m[1])}"),
    _rule("call", r"(?<![\w.:])((?:\w{1,64}(?:\.|::)){0,6}[^\W\d]\w{0,64})\(\)", _call),
    _rule("C sharp", r"\b([CF])#(?!\w)", lambda m: f"{m[1]} sharp"),
    _rule(
        "plus plus",
        r"\b([CG])\+\+(\d{1,4})?(?!\w)",
        lambda m: f"{m[1]} plus plus" + (f" {cardinal(m[2])}" if m[2] else ""),
    ),
    _rule("increment", r"(?<=\w)\+\+(?!\w)", lambda _: "plus plus"),
    _rule("scope", r"(?<=\w)::(?=\w)", lambda _: " "),
    _rule(
        "operator",
        rf"(?<!\S)({_any_of(OPERATORS)})(?!\S)",
        lambda m: OPERATORS[m[1]],
    ),
    _rule("dot net", r"(?<!\w)\.NET\b", lambda _: "dot net"),
    _rule("hidden file", r"(?<!\S)\.([a-z][\w-]{2,40})(?![\w/.])", lambda m: f"dot {_name(m[1])}"),
    _rule(
        "protocol",
        r"\b(HTTPS?|QUIC|SPDY|TLS)/(\d(?:\.\d)?)(?![\w.]\w)",
        lambda m: f"{m[1]} {decimal(m[2])}",
    ),
    _rule("standard", r"\b(ISO|RFC|IEEE|DIN|PEP)[ -](\d{2,5})(?![\w.]\d)", _standard),
    _rule("Node.js", r"\b([A-Z]\w+)\.js\b", lambda m: f"{_name(m[1])} J.S"),
    _rule(
        "file name",
        rf"(?<![\w./-])(?P<name>[\w-]{{1,64}})\.(?P<extension>{_any_of(SPOKEN_EXTENSIONS)}){_END}",
        _file_name,
    ),
    _rule("option", r"(?<!\S)--([A-Za-z][\w-]*)", lambda m: f"dash dash {_name(m[1])}"),
    _rule("short option", r"(?<!\S)-([A-Za-z]\w{0,2})(?!\w)", lambda m: f"dash {_name(m[1])}"),
    _rule(
        "Windows path",
        r"\b[A-Z]:\\(?:[\w.-]+\\?){1,20}",
        lambda m: " backslash ".join(
            _dotted(part) for part in m[0].replace(":", "").split("\\") if part
        ),
    ),
    _rule(
        "path",
        r"(?<![\w.])(?:~|\.{1,2})?(?:/[\w.-]*\w)+/?",
        lambda m: _path(m[0]),
    ),
    _rule(
        "digits in groups",
        r"(?<!\w)\d{1,3}(?:_\d{3})+(?!\w)",
        lambda m: cardinal(m[0].replace("_", "")),
    ),
    _rule("snake case", r"(?<!\w)_*[^\W_]+(?:_+[^\W_]+)+_*(?!\w)", lambda m: _name(m[0])),
    # Dates and times
    _rule(
        "month and day",
        rf"\b{_MONTH} (?P<day>{_DAY})(?:[-–](?P<until>{_DAY}))?"
        rf"(?:,? (?P<year>{_YEAR}))?(?![\w%:]|[.,]\d)",
        _month_day,
    ),
    _rule(
        "day and month",
        rf"(?<![\w.,$€£])(?P<the>[Tt]he )?(?P<day>{_DAY}) (?P<of>of )?{_MONTH}"
        rf"(?:,? (?P<year>{_YEAR}))?{_END}",
        _day_month,
    ),
    _rule(
        "month and year",
        rf"\b{_MONTH},? (?P<year>{_YEAR}){_END}",
        lambda m: f"{MONTHS[m['month'].lower()[:3]]}|{year(m['year'])}",
    ),
    _rule(
        "ISO date and time",
        rf"{_ALONE}({_YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?P<hour>[01]\d|2[0-3])"
        r":(?P<minute>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?(?P<zone>Z|[+-]\d\d:?\d\d)?(?!\w)",
        _iso_moment,
    ),
    _rule("ISO date", rf"{_ALONE}({_YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]){_END}", _iso_date),
    _rule("slashed date", rf"{_ALONE}(\d\d?)/(\d\d?)/({_YEAR}){_END}", _slashed_date),
    _rule(
        "dotted date",
        rf"{_ALONE}(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.({_YEAR}){_END}",
        _dotted_date,
    ),
    _rule(
        "days of the week",
        rf"\b({_any_of(WEEKDAYS)})\.?[-–]({_any_of(WEEKDAYS)})\b",
        lambda m: f"{WEEKDAYS[m[1]]} to {WEEKDAYS[m[2]]}",
    ),
    _rule(
        "quarter or fiscal year",
        rf"\bFY\s?({_YEAR}|\d\d)(?!\w)",
        lambda m: f"fiscal year {year(m[1] if len(m[1]) == 4 else '20' + m[1])}",
    ),
    _rule(
        "duration",
        r"(?<![\w.,:])(\d{1,3})(h|m)(?: ?(\d{1,2})(m|s|min)|(\d\d))(?!\w)",
        _duration,
    ),
    _rule(
        "time",
        r"(?<![\w.:])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
        r"(?:\s?(?P<half>[AaPp])\.?[Mm]\b\.?)?(?![\w:])",
        _time,
    ),
    _rule(
        "hour",
        r"(?<![\w.:])(?P<hour>1[0-2]|0?[1-9])(?P<minute>)(?P<second>)\s?(?P<half>[AaPp])\.?[Mm]\b(?:\.(?=\s[a-z]))?",
        _time,
    ),
    _rule("years", rf"{_ALONE}((?:1[5-9]|20)\d\d)[-–]((?:1[5-9]|20)\d\d|\d\d){_END}", _years),
    _rule("decade", r"(?<![\w.,])['’]?(1[5-9]|20)?(\d)0s\b", _decade),
    _rule("short year", r"(?<!\w)['’](\d\d)(?![\w'’])", _short_year),
    # Money
    _rule(
        "euros with a comma",
        r"€\s?(\d{1,3}),(\d\d)(?![\d,]|\.\d)",
        lambda m: (
            f"{cardinal(m[1])} {'euro' if m[1] == '1' else 'euros'}"
            f" and {cardinal(str(int(m[2])))} cents"
        ),
    ),
    _rule(
        "money",
        rf"(?P<minus>(?<![\w)])[-−])?(?:\b(?P<country>US|CA|AU|HK|NZ|C|A))?(?P<sign>[$€£¥₹₩])\s?"
        rf"(?P<number>{_NUMBER})(?:[-–](?P=sign)?(?P<until>{_NUMBER})(?![kKmMbB%]))?"
        r"(?:[\s-]?(?P<scale>thousand|million|billion|trillion|(?:[kKmM]n?|bn|tn|B)\b))?",
        _money,
    ),
    _rule(
        "cents",
        rf"{_ALONE}(\d{{1,3}})\s?¢",
        lambda m: f"{cardinal(m[1])}|{'cent' if m[1] == '1' else 'cents'}",
    ),
    _rule(
        "money with the sign after it",
        rf"{_ALONE}(?P<number>{_NUMBER})(?P<until>)(?:\s?(?P<scale>thousand|million|billion|trillion))?"
        r"\s?(?P<sign>[€£₹])",
        _money,
    ),
    _rule(
        "money by code",
        rf"\b(?P<code>{_any_of(CURRENCY_CODES)})\s(?P<number>{_NUMBER})(?P<until>)(?P<scale>){_END}",
        lambda m: "|" + _money(m),
    ),
    _rule(
        "money with the code after it",
        rf"{_ALONE}(?P<number>{_NUMBER})(?P<until>)(?P<scale>)\s?(?P<code>{_any_of(CURRENCY_CODES)})\b",
        _money,
    ),
    # Amounts
    _rule(
        "percent",
        rf"(?P<number>{_SIGNED})(?:%?{_DASH}(?P<until>{_NUMBER}))?\s?%",
        _percent,
    ),
    _rule("per mille", rf"({_SIGNED})\s?‰", lambda m: f"{_amount(m[1])}|per thousand"),
    _rule(
        "degrees",
        rf"({_SIGNED})\s?°\s?(C|F|K)?{_END}",
        lambda m: (
            f"{_amount(m[1])}|{'degree' if _is_one(m[1]) else 'degrees'}"
            + {"C": "|Celsius", "F": "|Fahrenheit", "K": "|Kelvin", None: ""}[m[2]]
        ),
    ),
    _rule(
        "version",
        rf"(?<![\w.])(?P<v>[vV])\.?(?P<numbers>\d+(?:\.\d+)+){_STAGE}(?![\w])",
        _version,
    ),
    _rule(
        "version of one part",
        r"(?<![\w.])(?P<v>v)(?P<numbers>\d{1,3})(?![\w-]|\.\w)",
        _version,
    ),
    _rule(
        "version of something",
        rf"\b(?P<name>{_any_of(VERSIONED)}) (?P<numbers>\d+(?:\.\d+)+)(?!\w)",
        _named_version,
    ),
    _rule(
        "version of many parts",
        rf"(?<![\w.])(?P<v>)(?P<numbers>\d+(?:\.\d+){{2,}}){_STAGE}(?!\w)",
        _version,
    ),
    _rule(
        "feet and inches",
        r"(?<![\w.,])(\d{1,2})(?:['′]|\s?ft\s?)(\d{1,2})(?:[\"″]|\s?in\b)",
        lambda m: f"{cardinal(m[1])} foot {cardinal(m[2])}",
    ),
    _rule(
        "units",
        rf"(?P<number>{_SIGNED})(?:{_DASH}(?P<until>{_NUMBER}))?(?P<gap>[\s-]?)(?P<unit>{_any_of(UNITS)}){_END}",
        _unit,
    ),
    _rule(
        "resolution",
        rf"{_ALONE}(\d+)(?:[x×]|(?<=\d\d) [x×] (?=\d\d))(\d+){_END}",
        lambda m: (
            f"{_side(m[1])}|by|{_side(m[2])}" if " " in m[0] else f"{_side(m[1])} by {_side(m[2])}"
        ),
    ),
    _rule("times", rf"{_ALONE}({_NUMBER})[x×]{_END}", lambda m: f"{decimal(m[1])} times"),
    _rule(
        "lines of a picture",
        rf"{_ALONE}(\d{{3,4}})([pi]){_END}",
        lambda m: f"{_pairs(m[1])} {m[2].upper()}",
    ),
    _rule("thousands", rf"{_ALONE}({_NUMBER})[kK]{_END}", lambda m: f"{decimal(m[1])} K"),
    _rule(
        "millions",
        rf"{_ALONE}({_NUMBER})(M|bn){_END}",
        lambda m: f"{decimal(m[1])} {_SCALES[m[2].lower()]}",
    ),
    _rule("at least", rf"({_SIGNED})\+(?!\w)", lambda m: f"{_amount(m[1])} plus"),
    _rule("and more", r"(?<=%)\+(?!\w)", lambda _: " plus"),
    _rule("around the clock", r"\b24/7\b", lambda _: "twenty-four seven"),
    _rule(
        "out of",
        rf"{_ALONE}([2-9]|\d\d|100)/(10|100)(?![\w/])",
        lambda m: f"{cardinal(m[1])} out of {cardinal(m[2])}",
    ),
    _rule(
        "mixed fraction",
        rf"{_ALONE}(\d{{1,3}}) ([1-9])/([2-9]|10|16)(?![\w/])",
        lambda m: f"{cardinal(m[1])}|and {_fraction_of(m[2], m[3])}",
    ),
    _rule(
        "halves, and dates of which everybody knows",
        rf"{_ALONE}(?:(\d\d)/\1|9/11|7/7)(?![\w/])",
        lambda m: " ".join(cardinal(part) for part in m[0].split("/")),
    ),
    _rule(
        "small part",
        rf"{_ALONE}1/(1[1-9]|[2-9]0|100|1000)(?![\w/])",
        lambda m: f"one {ordinal(m[1]).removeprefix('one ')}",
    ),
    _rule("divided by", r"(?<=\d) / (?=\d)", lambda _: "|divided by|"),
    _rule("fraction", rf"{_ALONE}([1-9])/([2-9]|10)(?![\w/])", _fraction),
    _rule(
        "fraction sign",
        rf"(?<!\d)(\d{{1,9}})?\s?([{''.join(FRACTIONS)}])",
        lambda m: (f"{cardinal(m[1])} and|" if m[1] else "") + FRACTIONS[m[2]],
    ),
    _rule(
        "ordinal",
        rf"{_ALONE}(\d{{1,3}}(?:,\d{{3}})+|\d+)(?:st|nd|rd|th)\b",
        lambda m: ordinal(m[1]),
    ),
    _rule("numbered", r"(?<![\w&])#(\d+)", lambda m: f"number {cardinal(m[1])}"),
    _rule("number abbreviated", r"\b([Nn])o\. (\d+)", lambda m: f"{m[1]}umber|{cardinal(m[2])}"),
    _rule(
        "phone within a country",
        r"(?<![\w.-])(?:\((\d{3})\) ?)?(\d{3})-(\d{4})(?![\w-])",
        lambda m: (
            (f"{digits(m[1])}," + ("|" if " " in m[0] else " ") if m[1] else "")
            + f"{digits(m[2])}, {digits(m[3])}"
        ),
    ),
    _rule(
        "book number",
        r"\bISBN(:? )(\d(?:-?\d){8,11}-?[\dX])(?!\w)",
        lambda m: "ISBN|" + " ".join(digits(c) if c.isdecimal() else c for c in m[2] if c != "-"),
    ),
    _rule(
        "emergency call",
        r"\b([Cc]all|[Dd]ial) (911|112|999)(?!\w)",
        lambda m: f"{m[1]}|{digits(m[2])}",
    ),
    _rule(
        "number of a room or flight",
        r"\b(Room|Flight|Boeing|Airbus|Highway|Interstate) (\d{3})(?![\w.,]\d|\w)",
        lambda m: f"{m[1]}|{_pairs(m[2])}",
    ),
    _rule(
        "thousands with spaces",
        r"(?<![\w.,] )(?<![\w.,+-])[1-9]\d{0,2}(?: \d{3}){2,4}(?![\w-]| \d)",
        lambda m: cardinal(m[0].replace(" ", "")) + "|" * m[0].count(" "),
    ),
    _rule(
        "phone",
        r"(?<![\w.-])(?:\+?\d{1,3}|0\d{3})(?:[ -]\d{2,4}){2,4}(?![\w-])",
        lambda m: _phone(m[0]),
    ),
    _rule(
        "scientific",
        rf"({_SIGNED})[eE]([+-]?\d{{1,3}}){_END}",
        lambda m: f"{_amount(m[1])} times ten to the {_amount(m[2].lstrip('+'))}",
    ),
    _rule(
        "numbers in a row",
        rf"{_ALONE}\d{{1,2}}(?:-\d{{1,2}}){{2,5}}(?![\w-])",
        lambda m: ", ".join(cardinal(part) for part in m[0].split("-")),
    ),
    _rule("minus", r"(?<=\d) (?:−|-(?= \d+(?:\.\d+)? ?=)) (?=\d)", lambda _: "|minus|"),
    _rule("range", rf"{_ALONE}({_NUMBER})[-–—]({_NUMBER})(?![\w-])", _range),
    _rule("range with spaces", rf"{_ALONE}({_NUMBER}) [–—-] ({_NUMBER}){_END}", _spaced_range),
    _rule("year", r"(?<![\w.,$€£#-])((?:19|20)\d\d)(?![\w,]\d|\w|\.\d)", lambda m: year(m[1])),
    _rule("circa", r"\b[Cc]a\. (1\d\d\d)(?!\w)", lambda m: f"circa|{year(m[1])}"),
    _rule(
        "a year after its preposition",
        r"\b([Ii]n|[Ss]ince|[Uu]ntil|[Cc]irca|[Bb]y|[Aa]round) (1[1-8]\d\d|2[1-2]\d\d)"
        r"(?![\w.,]\w|\w)",
        lambda m: f"{m[1]}|{year(m[2])}",
    ),
    _rule(
        "an early year",
        r"\b([Ii]n|[Ss]ince|[Uu]ntil) (10\d\d)"
        r"(?=[.,;:)](?!\d)|$| (?:the|when|and|by|as|he|she|they)\b)",
        lambda m: f"{m[1]}|{year(m[2])}",
    ),
    _rule(
        "to, between amounts",
        r"(?<=[\dkKmM%°])–(?=[$€£¥]?\d)|(?<=[kKmM%])-(?=[$€£¥]?\d)|(?<=\d)-(?=[$€£¥]\d)|(?<=[ap]m)[-–](?=\d)",
        lambda _: " to ",
    ),
    _rule(
        "ratio",
        r"(?<![\w.,:])(\d{1,4}):(\d{1,4})(?![\w:])",
        lambda m: f"{cardinal(m[1])} to {cardinal(m[2])}",
    ),
    _rule("point something", r"(?<![\w.])\.(\d+)(?!\w)", lambda m: f"point {digits(m[1])}"),
    # Roman numbers
    _rule(
        "numbered part",
        rf"\b({_any_of(NUMBERED)}) ([IVXLC]{{1,7}})(?![\w'’])",
        _numbered_part,
    ),
    _rule("ruler", rf"\b({_any_of(RULERS)}) ([IVX]{{2,6}}|[VX])(?![\w.])", _ruler),
    # Words
    _rule(
        "title of a person",
        rf"\b({_any_of(TITLES)})\.(?= [A-Z]| and [A-Z])|\b(Dr|Mr|Mrs|Ms|Prof|Mt)(?= [A-Z])",
        lambda m: TITLES[m[1] or m[2]],
    ),
    _rule("page", r"\bp\. ?(?=\d)", lambda m: "page|" if " " in m[0] else "page "),
    _rule(
        "abbreviation",
        rf"(?<![\w.])({_any_of(ABBREVIATIONS)})(?!\w)",
        lambda m: ABBREVIATIONS[m[1]],
    ),
    _rule("two choices", rf"(?<![\w/])({_any_of(CHOICES)})/(\w+)(?![\w/])", _choice),
    _rule(
        "capitals side by side",
        r"(?<![\w/])([A-Z]{1,5})/([A-Z]{1,5})(?![\w/])",
        lambda m: f"{m[1]} {m[2]}",
    ),
    _rule(
        "pronounced otherwise",
        rf"(?i)(?<![\w.])({_any_of(PRONUNCIATIONS)})(?!\w|\.\w)",
        lambda m: PRONUNCIATIONS[m[1].lower()],
    ),
    _rule(
        "capitals and a number",
        r"(?<![\w-])([A-Z]{2,})-(\d{1,4}(?:\.\d{1,2})?)(?![\w-])",
        lambda m: f"{PRONUNCIATIONS.get(m[1].lower(), m[1])} {decimal(m[2])}",
    ),
    _rule("superscript", r"(?<=[\w)])⁻?[⁰¹²³⁴-⁹]+", _superscript),
    _rule("letters and digits", r"(?<!\w)(?:[^\W\d_]+\d|\d+[^\W\d_])\w*", _letters_and_digits),
    _rule("camel case", r"(?<!\w)[a-z]+(?:[A-Z][a-z]+){1,6}(?!\w)", lambda m: _name(m[0])),
    _rule(
        "dotted name",
        r"(?<![\w.])[^\W\d_]{2,}(?:\.[^\W\d_]{2,})+(?![\w.])",
        lambda m: _dotted(m[0]),
    ),
    # Signs
    _rule("footnote", r"\[[1-9]\d{0,2}\]", lambda _: ""),
    _rule("smiley", r"(?<!\S)[:;]'?-?[()DPp](?!\S)", lambda _: ""),
    _rule(
        "less or more",
        r"(?<!\S)([<>]=?)(?=\s?[\w-])",
        _comparison,
    ),
    _rule(
        "per",
        rf"(?<=[\dk])\s?/\s?({_any_of(PER)})(?![\w/])",
        lambda m: f" per {PER[m[1]]}",
    ),
    _rule("over", r"(?<![\w/])(\d+)/([a-z])(?![\w/])", lambda m: f"{cardinal(m[1])} over {m[2]}"),
    _rule("not", r"(?<!\S)!(?=[a-zA-Z])", lambda _: ""),
    _rule("Greek letter", r"(?<!\w)([α-ωΓΔΘΛΞΠΣΦΨΩ])(?!\w)", lambda m: GREEK[m[1]]),
    _rule("change of", r"(?<!\w)Δ(?=[a-zA-Z](?!\w))", lambda _: "delta "),
    _rule("about", r"(?<!\w)[~≈](?=\s?\d)", lambda _: "about"),
    # A hyphen between spaces stands for a dash, and makes a pause.
    _rule("dash", r"(?<!\S)-{1,3}(?!\S)", lambda _: "—"),
    _rule("and or", r"\b([Aa])nd/or\b", lambda m: f"{m[1]}nd or"),
    _rule(
        "plus",
        r"(?<=[\w)]) \+ (?=[\w(])|(?<=\w)\+(?=\w)|(?<![\w+])\+(?=\d)",
        lambda m: "|plus|" if " " in m[0] else "plus",
    ),
    _rule("power", r"\^(?=\w)", lambda _: "to the power of"),
    _rule("sign", rf"[{re.escape(''.join(SIGNS))}]", lambda m: SIGNS[m[0]]),
    _rule("amount", rf"(?:(?<!\S)[-−])?{_NUMBER}", lambda m: _amount(m[0])),
    _rule("digits of any script", r"\d+", lambda m: digits(m[0])),
)


def _spelled(text: str) -> str:
    """Letter by letter and digit by digit."""
    return " ".join(digits(c) if c.isdecimal() else c.upper() for c in text)


def _side(number: str) -> str:
    """Of a picture: `1080` is "ten eighty"."""
    return _pairs(number) if len(number) == 4 and number[-2:] != "00" else cardinal(number)


def _pairs(number: str) -> str:
    """`1080` is "ten eighty", `720` is "seven twenty"."""
    head, tail = number[:-2], number[-2:]
    if tail == "00":
        return cardinal(number)
    return f"{cardinal(head)} {cardinal(tail) if tail[0] != '0' else 'oh ' + cardinal(tail[1])}"


def _phone(text: str) -> str:
    plus = "plus " if text.startswith("+") else ""
    groups = re.split(r"([ -])", text.lstrip("+"))
    return plus + "".join(
        ",|" if group == " " else ", " if group == "-" else digits(group) for group in groups
    )
