"""Which sentences of a text say most about it.

TextRank (Mihalcea and Tarau, 2004): a sentence matters as much as the sentences that share its
words matter. Words are weighed by how rare they are (tf-idf), so no list of stop words is needed
and any language with words will do.
"""

import re
from collections import Counter
from collections.abc import Sequence

__all__ = ("overlap", "text_rank", "words_of")

DAMPING = 0.85
"""As in the paper, from PageRank."""
STEPS = 30
"""The order of sentences no longer changes after fewer."""
MOST_SENTENCES = 1200
"""The work grows with the square of this; sentences further on are ranked below all others."""

_WORD = re.compile(r"[^\W\d_]{3,}")


def words_of(text: str) -> Counter[str]:
    """How often a text has each word, in lower case and without a plural s."""
    return Counter(_stem(word) for word in _WORD.findall(text.casefold()))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


def overlap(text: str, other: str) -> float:
    """The share of the other text's words that this one has, from 0 to 1."""
    wanted = words_of(other)
    return len(words_of(text).keys() & wanted.keys()) / len(wanted) if wanted else 0.0


def text_rank(sentences: Sequence[str]) -> list[float]:
    """How much each sentence says about them all: 1 for the best, never below 0."""
    import numpy as np

    if not sentences:
        return []
    bags = [words_of(sentence) for sentence in sentences[:MOST_SENTENCES]]
    spread = Counter(word for bag in bags for word in bag)
    index = {word: place for place, word in enumerate(spread)}
    matrix = np.zeros((len(bags), max(1, len(index))), np.float32)
    for row, bag in enumerate(bags):
        for word, count in bag.items():
            matrix[row, index[word]] = count * np.log(1 + len(bags) / spread[word])
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix /= np.maximum(lengths, 1e-9)
    likeness = matrix @ matrix.T
    np.fill_diagonal(likeness, 0)
    likeness /= np.maximum(likeness.sum(axis=1, keepdims=True), 1e-9)
    rank = np.full(len(bags), 1 / len(bags))
    for _ in range(STEPS):
        rank = (1 - DAMPING) / len(bags) + DAMPING * (likeness.T @ rank)
    best = float(rank.max())
    return [float(value) / best for value in rank] + [0.0] * (len(sentences) - len(bags))
