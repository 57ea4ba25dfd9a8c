"""Numbers in English words, the way they are read aloud."""

from num2words import num2words  # type: ignore[import-untyped]  # it has no types

__all__ = ("cardinal", "decimal", "digits", "ordinal", "year")

MAXIMUM_DIGITS = 15
"""Longer runs of digits are identifiers rather than amounts and are read digit by digit."""
MAXIMUM_SPELLED_DIGITS = 40
"""Nobody follows more digits than these by ear."""


def _plain(words: str) -> str:
    # Commas would make the voice pause inside a number; American English leaves out the "and".
    return str(words).replace(",", "").replace(" and ", " ")


def digits(text: str) -> str:
    """Digit by digit: `007` is "zero zero seven"."""
    if len(text) > MAXIMUM_SPELLED_DIGITS:
        return f"a number of {cardinal(str(len(text)))} digits"
    return " ".join(_plain(num2words(int(digit))) for digit in text)


def cardinal(text: str) -> str:
    """How many: `1,250` is "one thousand two hundred fifty"."""
    plain = text.replace(",", "")
    if len(plain) > MAXIMUM_DIGITS or (len(plain) > 1 and plain.startswith("0")):
        return digits(plain)
    return _plain(num2words(int(plain)))


def decimal(text: str) -> str:
    """An amount with or without a fraction: `3.14` is "three point one four"."""
    whole, point, fraction = text.partition(".")
    if not point:
        return cardinal(whole)
    return f"{cardinal(whole or '0')} point {digits(fraction)}"


def ordinal(text: str) -> str:
    """Which one: `22` is "twenty-second"."""
    plain = text.replace(",", "")
    if len(plain) > MAXIMUM_DIGITS:
        return digits(plain)
    return _plain(num2words(int(plain), to="ordinal"))


def year(text: str) -> str:
    """A year: `1905` is "nineteen oh-five", `2024` is "twenty twenty-four"."""
    return _plain(num2words(int(text), to="year"))
