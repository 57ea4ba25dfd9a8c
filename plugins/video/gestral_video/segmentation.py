"""Where text of any script may be cut: between letters as a reader sees them, and at line breaks.

The rules are those of Unicode (UAX #29 for letters, UAX #14 for lines) as ICU keeps them, with its
dictionaries for scripts that write no spaces: Thai, Lao, Khmer, Burmese.
"""

__all__ = ("breakable", "letters")

LOCALE = "ja-u-lb-strict"
"""Strict line breaking: no small kana starts a line. Other scripts break alike in every locale."""


def letters(text: str) -> list[str]:
    """The letters as a reader counts them: with their accents, an emoji of many signs as one."""
    from icu4py.breakers import CharacterBreaker

    return list(CharacterBreaker(_whole(text), LOCALE))


def breakable(text: str) -> list[str]:
    """The pieces between which a line may end; spaces and line feeds belong to the piece before.

    No piece begins with a mark that must not start a line, such as a full stop of any script.
    """
    from icu4py.breakers import LineBreaker

    return list(LineBreaker(_whole(text), LOCALE))


def _whole(text: str) -> str:
    """Without halves of surrogate pairs: they are no text, and ICU refuses them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
