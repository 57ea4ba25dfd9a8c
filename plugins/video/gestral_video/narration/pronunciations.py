"""Pronunciations of somebody's own: how names and terms are said that no rule knows."""

from collections.abc import Mapping, Sequence

from gestral.errors import InputError
from gestral_video.script.script import SpokenToken

__all__ = ("pronounced", "read_pronunciations")

LONGEST = 200
"""Letters of a word, and of how it is said."""

_MARKS = ".,;:!?…()[]{}\"'“”‘’«»"  # noqa: RUF001 - typographic marks are meant


def read_pronunciations(text: str, name: str) -> dict[str, str]:
    """Read lines of the form `word = how it is said`; empty lines and those with `#` say nothing.

    Args:
        text: Of the file.
        name: Of the file, for errors.

    Raises:
        InputError: A line has another form (`bad-pronunciation`).
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        word, mark, said = (part.strip() for part in line.partition("="))
        whole = mark and said and len(word.split()) == 1
        if not whole or max(len(word), len(said)) > LONGEST:
            raise InputError(
                f"Line {number} of {name} is no pronunciation: {line.strip()[:60]!r}.",
                hint="Write a word, an equals sign, and how the word is said: gif = jiff.",
                code="bad-pronunciation",
            )
        found[word] = said
    return found


def pronounced(
    tokens: Sequence[SpokenToken], pronunciations: Mapping[str, str]
) -> tuple[SpokenToken, ...]:
    """The tokens with the words that have a pronunciation said so.

    A word counts without the marks around it; a written one matches as it is, or else whatever its
    capitals. A possessive keeps its ending, and the marks of a pause stay.
    """
    if not pronunciations:
        return tuple(tokens)
    folded = {word.casefold(): said for word, said in pronunciations.items()}
    return tuple(_pronounced(token, pronunciations, folded) for token in tokens)


def _pronounced(
    token: SpokenToken, exact: Mapping[str, str], folded: Mapping[str, str]
) -> SpokenToken:
    bare = token.written.strip(_MARKS)
    stem = bare.removesuffix("'s").removesuffix("’s")  # noqa: RUF001
    for word in (token.written, bare, stem):
        said = exact.get(word) or folded.get(word.casefold())
        if said:
            ending = "'s" if word == stem != bare else ""
            pause = token.written[len(token.written.rstrip(_MARKS)) :]
            kept = "".join(mark for mark in pause if mark in ".,;:!?…")
            return SpokenToken(token.written, said + ending + kept)
    return token
