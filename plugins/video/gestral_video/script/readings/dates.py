"""Dates and times."""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re

from gestral_video.script.numbers import cardinal, ordinal, year
from gestral_video.script.readings.rules import ALONE, END, Rule, any_of, pairs, rule
from gestral_video.script.vocabulary import MONTHS, WEEKDAYS

__all__ = ("DATES",)

_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:1[1-9]|20)\d\d"


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
    at = f"{cardinal(hour)} o'clock" if minute == "00" else pairs(f"{hour}{minute}")
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


def _duration(match: re.Match[str]) -> str:
    """`3h 20m` is "three hours twenty minutes", `1h30` is "one hour thirty"."""
    units = {"h": "hour", "m": "minute", "min": "minute", "s": "second"}
    first = f"{cardinal(match[1])} {units[match[2]]}" + "s" * (match[1] != "1")
    if match[5]:
        return f"{first} {cardinal(str(int(match[5])))}"
    second = f"{cardinal(match[3])} {units[match[4]]}" + "s" * (match[3] != "1")
    return f"{first}|{second}" if " " in match[0] else f"{first} {second}"


DATES: tuple[Rule, ...] = (
    # Dates and times
    rule(
        "month and day",
        rf"\b{_MONTH} (?P<day>{_DAY})(?:[-–](?P<until>{_DAY}))?"
        rf"(?:,? (?P<year>{_YEAR}))?(?![\w%:]|[.,]\d)",
        _month_day,
    ),
    rule(
        "day and month",
        rf"(?<![\w.,$€£])(?P<the>[Tt]he )?(?P<day>{_DAY}) (?P<of>of )?{_MONTH}"
        rf"(?:,? (?P<year>{_YEAR}))?{END}",
        _day_month,
    ),
    rule(
        "month and year",
        rf"\b{_MONTH},? (?P<year>{_YEAR}){END}",
        lambda m: f"{MONTHS[m['month'].lower()[:3]]}|{year(m['year'])}",
    ),
    rule(
        "ISO date and time",
        rf"{ALONE}({_YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?P<hour>[01]\d|2[0-3])"
        r":(?P<minute>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?(?P<zone>Z|[+-]\d\d:?\d\d)?(?!\w)",
        _iso_moment,
    ),
    rule("ISO date", rf"{ALONE}({_YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]){END}", _iso_date),
    rule("slashed date", rf"{ALONE}(\d\d?)/(\d\d?)/({_YEAR}){END}", _slashed_date),
    rule(
        "dotted date",
        rf"{ALONE}(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.({_YEAR}){END}",
        _dotted_date,
    ),
    rule(
        "days of the week",
        rf"\b({any_of(WEEKDAYS)})\.?[-–]({any_of(WEEKDAYS)})\b",
        lambda m: f"{WEEKDAYS[m[1]]} to {WEEKDAYS[m[2]]}",
    ),
    rule(
        "quarter or fiscal year",
        rf"\bFY\s?({_YEAR}|\d\d)(?!\w)",
        lambda m: f"fiscal year {year(m[1] if len(m[1]) == 4 else '20' + m[1])}",
    ),
    rule(
        "duration",
        r"(?<![\w.,:])(\d{1,3})(h|m)(?: ?(\d{1,2})(m|s|min)|(\d\d))(?!\w)",
        _duration,
    ),
    rule(
        "time",
        r"(?<![\w.:])(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
        r"(?:\s?(?P<half>[AaPp])\.?[Mm]\b\.?)?(?![\w:])",
        _time,
    ),
    rule(
        "hour",
        r"(?<![\w.:])(?P<hour>1[0-2]|0?[1-9])(?P<minute>)(?P<second>)\s?(?P<half>[AaPp])\.?[Mm]\b(?:\.(?=\s[a-z]))?",
        _time,
    ),
    rule("years", rf"{ALONE}((?:1[5-9]|20)\d\d)[-–]((?:1[5-9]|20)\d\d|\d\d){END}", _years),
    rule("decade", r"(?<![\w.,])['’]?(1[5-9]|20)?(\d)0s\b", _decade),
    rule("short year", r"(?<!\w)['’](\d\d)(?![\w'’])", _short_year),
)
