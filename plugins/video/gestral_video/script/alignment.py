"""Which written word is said by which spoken words."""

from difflib import SequenceMatcher

from gestral_video.script.script import SpokenToken
from gestral_video.script.spoken import spoken_tokens

__all__ = ("align",)


def align(text: str, spoken: str, language: str = "en") -> tuple[SpokenToken, ...]:
    """Trace the words of a spoken form to the written words they stand for.

    The spoken form that `spoken()` gives is traced exactly. Any other one (a person's or another
    writer's) is compared with it: the words that both have are anchors, and the words between two
    anchors are shared out among the written words between them, in order.

    Args:
        text: The written sentence.
        spoken: What a voice is to read for it.
        language: BCP 47 tag.

    Returns:
        One token for every word of `text.split()`, in order. Their spoken parts, joined by spaces,
        are the words of `spoken`.
    """
    tokens = spoken_tokens(text, language)
    said = spoken.split()
    expected = [(word, index) for index, t in enumerate(tokens) for word in t.spoken.split()]
    if not tokens or said == [word for word, _ in expected]:
        return tokens
    parts: list[list[str]] = [[] for _ in tokens]
    matcher = SequenceMatcher(None, [word for word, _ in expected], said, autojunk=False)
    for _, from_, to, said_from, said_to in matcher.get_opcodes():
        # An insertion has no written words of its own: it goes to the word before it.
        owners = [index for _, index in expected[from_:to]] or [
            expected[from_ - 1][1] if from_ else 0
        ]
        count = said_to - said_from
        for offset in range(count):
            parts[owners[offset * len(owners) // count]].append(said[said_from + offset])
    return tuple(
        SpokenToken(token.written, " ".join(part))
        for token, part in zip(tokens, parts, strict=True)
    )
