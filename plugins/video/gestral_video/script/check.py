"""Does a script say only what the article says?

A sentence taken from its blocks word for word is faithful. In any other, the numbers, the names
(words with a capital inside a sentence), dates (which are numbers and names) and the words between
quotation marks must occur in the blocks that it cites; what it counts must be so many.
"""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re
from collections.abc import Iterator

import msgspec

from gestral.errors import InputError
from gestral_video.articles.article import Article
from gestral_video.script.facts import block_text, counts
from gestral_video.script.script import SITE_ID, TITLE_ID, Script, Sentence

__all__ = ("Unfaithful", "check", "require_faithful")


class Unfaithful(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence that says more than its blocks.

    Attributes:
        sentence_id: The script's sentence.
        text: What it says.
        source: What its blocks say, white space folded.
        missing: The numbers, names and quotations that do not occur there, and blocks it cites
            that the article does not have.
    """

    sentence_id: str
    text: str
    source: str
    missing: tuple[str, ...]


def check(script: Script, article: Article) -> tuple[Unfaithful, ...]:
    """The sentences that say more than the blocks they cite, in order; empty if there are none."""
    blocks = {block.id: block for block in article.blocks}
    texts = {block.id: block_text(block) for block in article.blocks}
    texts[TITLE_ID] = " ".join(article.title.split())
    texts[SITE_ID] = " ".join(article.site_name.split())
    findings = []
    for sentence in script.sentences:
        source = " ".join(texts[i] for i in sentence.block_ids if i in texts)
        counted = {
            (noun, number)
            for i in sentence.block_ids
            if i in blocks
            for noun, number in counts(blocks[i]).items()
        }
        unknown = [f"block {i}" for i in sentence.block_ids if i not in texts]
        missing = (*unknown, *_missing(sentence, source, counted))
        if missing:
            findings.append(
                Unfaithful(
                    sentence_id=sentence.id, text=sentence.text, source=source, missing=missing
                )
            )
    return tuple(findings)


def require_faithful(script: Script, article: Article) -> None:
    """Let a script pass only if it says nothing that the article does not say.

    Raises:
        InputError: It does (`unfaithful-script`); the message shows the first sentence's text and
            that of its blocks.
    """
    findings = check(script, article)
    if not findings:
        return
    first = findings[0]
    more = f" {len(findings) - 1} more sentences fail too." if len(findings) > 1 else ""
    raise InputError(
        f"The script says what the post does not: {', '.join(first.missing)} "
        f"in sentence {first.sentence_id}.\n  script: {first.text}\n"
        f"  post: {_shortened(first.source)}\n{more}".rstrip(),
        hint="Change the sentence, or the blocks that it cites.",
        code="unfaithful-script",
    )


_MOST_SHOWN = 600


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_COUNT = re.compile(r"(\d+) (\w+?)s?\b")
_WORD = re.compile(r"[^\W_]+")
_QUOTATION = re.compile(r"“([^”]+)”|\"([^\"]+)\"")
_SPELLED = dict(
    zip(
        [
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        range(2, 13),
        strict=True,
    )
)
_STARTS = re.compile(r"(?:^|[.!?:…\"“‘(—–])\W*$")


def _missing(sentence: Sentence, source: str, counted: set[tuple[str, int]]) -> Iterator[str]:
    text = " ".join(sentence.text.split())
    if text.rstrip(".") in source:
        return
    numbers = {_number(found) for found in _NUMBER.findall(source)}
    words = {word.casefold() for word in _WORD.findall(source)}
    counts_said = {
        match.start(1)
        for match in _COUNT.finditer(text)
        if (match[2].casefold(), int(match[1])) in counted
    }
    for match in _NUMBER.finditer(text):
        if _number(match[0]) not in numbers and match.start() not in counts_said:
            yield match[0]
    for match in _WORD.finditer(text):
        word = match[0]
        spelled = _SPELLED.get(word.casefold())
        if word.casefold() in words or word[0].isdecimal():
            continue
        starts_a_sentence = _STARTS.search(text, 0, match.start())
        named = word[0].isupper() and word != "I" and not starts_a_sentence
        counted_in_words = spelled is not None and str(spelled) not in numbers
        if named or counted_in_words:
            yield word
    plain_source = _plain_quotes(source)
    for match in _QUOTATION.finditer(text):
        quoted = (match[1] or match[2]).strip().rstrip(".,;:!?")
        if not re.search(rf"(?<!\w){re.escape(_plain_quotes(quoted))}(?!\w)", plain_source):
            yield match[0]


def _number(text: str) -> str:
    return text.replace(",", "")


def _plain_quotes(text: str) -> str:
    return text.translate(str.maketrans("“”‘’", "\"\"''")).casefold()
