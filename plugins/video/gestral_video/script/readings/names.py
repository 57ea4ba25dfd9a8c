"""Addresses, names on the internet, and code."""

# typographic marks are what this file is about

import re

from gestral_video.script.numbers import cardinal, decimal, digits
from gestral_video.script.readings.rules import (
    ALONE,
    END,
    Rule,
    any_of,
    dotted,
    identifier,
    pairs,
    rule,
)
from gestral_video.script.vocabulary import OPERATORS, SPOKEN_EXTENSIONS

__all__ = ("NAMES",)

_TOP_LEVEL = (
    "com|org|net|edu|gov|io|dev|app|co|uk|de|fr|es|it|nl|ch|at|eu|us|ca|au|jp|info|me|ai|tv|blog"
)


def _path(text: str) -> str:
    """`/etc/hosts` is "slash etc slash hosts", `~/.ssh` is "home slash dot ssh"."""
    head, *rest = text.rstrip("/").split("/")
    start = {"~": "home ", ".": "", "..": "dot dot "}.get(head, f"{dotted(head)} " if head else "")
    return start + " ".join(f"slash {dotted(part)}" for part in rest if part)


def _address(match: re.Match[str]) -> str:
    """The host, and a short path of one plain word: nobody can follow a longer one by ear."""
    host = match["host"].removeprefix("www.")
    path = (match["path"] or "").strip("/")
    said = dotted(host)
    return f"{said} slash {identifier(path)}" if re.fullmatch(r"[A-Za-z-]{2,16}", path) else said


def _mailbox(match: re.Match[str]) -> str:
    return f"{dotted(match['user'])} at {dotted(match['host'])}"


def _file_name(match: re.Match[str]) -> str:
    extension = match["extension"].lower()
    return f"{identifier(match['name'])} dot {SPOKEN_EXTENSIONS.get(extension, extension)}"


def _call(match: re.Match[str]) -> str:
    return dotted(match[1].replace("::", "."))


def _big_o(match: re.Match[str]) -> str:
    inside = " ".join(_power_or_word(part) for part in match[1].split(" "))
    words = inside.split(" ")
    gaps = match[0].count(" ")
    head, tail = words[: len(words) - gaps], words[len(words) - gaps :]
    return "|".join(("O of " + " ".join(head), *tail))


def _port(number: str) -> str:
    """`8080` is "eighty eighty"."""
    return pairs(number) if len(number) == 4 else cardinal(number)


def _power_or_word(text: str) -> str:
    base, _, power = text.replace("²", "^2").replace("³", "^3").partition("^")
    said = cardinal(base) if base.isdecimal() else base
    return said if not power else f"{said} {'squared' if power == '2' else 'to the ' + power}"


def _internet_address(match: re.Match[str]) -> str:
    return " dot ".join(cardinal(part) for part in match[0].split("."))


def _standard(match: re.Match[str]) -> str:
    """`ISO 8601` is "eighty-six oh one", `RFC 2119` is "twenty-one nineteen"."""
    number = match[2]
    said = pairs(number) if len(number) in {3, 4} else cardinal(number)
    return f"{match[1]}|{said}" if " " in match[0] else f"{match[1]} {said}"


def _spelled_out(text: str) -> str:
    """Letter by letter and digit by digit."""
    return " ".join(digits(c) if c.isdecimal() else c.upper() for c in text)


NAMES: tuple[Rule, ...] = (
    # Addresses and names on the internet
    rule(
        "e-mail",
        r"(?<![\w.+-])(?P<user>[\w.+-]{1,64})@(?P<host>[\w-]{1,63}(?:\.[\w-]{2,63})+)",
        _mailbox,
    ),
    rule(
        "address",
        r"(?:https?|ftp)://(?P<host>[^\s/?#:,;\"'<>()]+)(?::\d+)?"
        r"(?P<path>/[^\s?#,;\"'<>()]*[^\s?#,;\"'<>().!])?(?:[?#][^\s,;\"'<>()]*[\w/=&])?/?",
        _address,
    ),
    rule(
        "bare address",
        rf"(?<![\w@./-])(?P<host>(?:[A-Za-z0-9-]{{1,63}}\.)+(?:{_TOP_LEVEL}))(?![\w-]|\.\w)"
        r"(?P<path>/[\w./-]*\w)?/?",
        _address,
    ),
    rule(
        "port",
        r"(?:(?<=localhost)|(?<=\.\d)|(?<=\.\d\d)|(?<=\.\d\d\d)):(\d{2,5})(?![\w:])",
        lambda m: f", port {_port(m[1])}",
    ),
    rule("named port", r"\b([Pp]ort) (\d{4})(?!\w)", lambda m: f"{m[1]}|{_port(m[2])}"),
    rule("internet address", rf"{ALONE}\d{{1,3}}(?:\.\d{{1,3}}){{3}}{END}", _internet_address),
    rule(
        "colour",
        r"(?<![\w&])#(?:(?=[a-f]{0,5}\d)[\da-fA-F]{6}|([\da-f])\1{2}(?:\1{3})?)(?!\w)",
        lambda m: f"color {_spelled_out(m[0][1:])}",
    ),
    rule("hashtag", r"(?<![\w&])#(\d*[^\W\d]\w*)", lambda m: f"hashtag {identifier(m[1])}"),
    rule("handle", r"(?<![\w@])@(\w{2,40})", lambda m: f"at {identifier(m[1])}"),
    # Code
    rule("big O", r"\bO\(([\w^²³]+(?: [\w^²³]+){0,3})\)", _big_o),
    rule("function", r"(?<!\w)([a-zA-Z])\(([a-z])\)", lambda m: f"{m[1]} of {m[2]}"),
    rule(
        "type of",
        r"(?<!\w)([A-Z]\w{0,40})<(\w{1,40})>",
        lambda m: f"{identifier(m[1])} of {identifier(m[2])}",
    ),
    rule("mark-up", r"</?([A-Za-z][\w-]{0,20})\s?/?>(?!\w)", lambda m: identifier(m[1])),
    rule("hexadecimal", r"\b0[xX]([\da-fA-F]{1,16})\b", lambda m: "hex " + _spelled_out(m[1])),
    rule("binary", r"\b0b([01]{1,32})\b", lambda m: f"binary {digits(m[1])}"),
    rule("call", r"(?<![\w.:])((?:\w{1,64}(?:\.|::)){0,6}[^\W\d]\w{0,64})\(\)", _call),
    rule("C sharp", r"\b([CF])#(?!\w)", lambda m: f"{m[1]} sharp"),
    rule(
        "plus plus",
        r"\b([CG])\+\+(\d{1,4})?(?!\w)",
        lambda m: f"{m[1]} plus plus" + (f" {cardinal(m[2])}" if m[2] else ""),
    ),
    rule("increment", r"(?<=\w)\+\+(?!\w)", lambda _: "plus plus"),
    rule("scope", r"(?<=\w)::(?=\w)", lambda _: " "),
    rule(
        "operator",
        rf"(?<!\S)({any_of(OPERATORS)})(?!\S)",
        lambda m: OPERATORS[m[1]],
    ),
    rule("dot net", r"(?<!\w)\.NET\b", lambda _: "dot net"),
    rule(
        "hidden file", r"(?<!\S)\.([a-z][\w-]{2,40})(?![\w/.])", lambda m: f"dot {identifier(m[1])}"
    ),
    rule(
        "protocol",
        r"\b(HTTPS?|QUIC|SPDY|TLS)/(\d(?:\.\d)?)(?![\w.]\w)",
        lambda m: f"{m[1]} {decimal(m[2])}",
    ),
    rule("standard", r"\b(ISO|RFC|IEEE|DIN|PEP)[ -](\d{2,5})(?![\w.]\d)", _standard),
    rule("Node.js", r"\b([A-Z]\w+)\.js\b", lambda m: f"{identifier(m[1])} J.S"),
    rule(
        "file name",
        rf"(?<![\w./-])(?P<name>[\w-]{{1,64}})\.(?P<extension>{any_of(SPOKEN_EXTENSIONS)}){END}",
        _file_name,
    ),
    rule("option", r"(?<!\S)--([A-Za-z][\w-]*)", lambda m: f"dash dash {identifier(m[1])}"),
    rule("short option", r"(?<!\S)-([A-Za-z]\w{0,2})(?!\w)", lambda m: f"dash {identifier(m[1])}"),
    rule(
        "Windows path",
        r"\b[A-Z]:\\(?:[\w.-]+\\?){1,20}",
        lambda m: " backslash ".join(
            dotted(part) for part in m[0].replace(":", "").split("\\") if part
        ),
    ),
    rule(
        "path",
        r"(?<![\w.])(?:~|\.{1,2})?(?:/[\w.-]*\w)+/?",
        lambda m: _path(m[0]),
    ),
    rule(
        "digits in groups",
        r"(?<!\w)\d{1,3}(?:_\d{3})+(?!\w)",
        lambda m: cardinal(m[0].replace("_", "")),
    ),
    rule("snake case", r"(?<!\w)_*[^\W_]+(?:_+[^\W_]+)+_*(?!\w)", lambda m: identifier(m[0])),
)
