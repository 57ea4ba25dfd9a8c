"""A narration: the sound of every sentence, with the time of every word."""

import msgspec

__all__ = ("Narration", "Take", "Word")


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A written word and when it is heard, in seconds from the start of its take.

    Attributes:
        text: The word as it is written in `Sentence.text`, punctuation included: the words of a
            take, joined by single spaces, are the sentence (for scripts without spaces, a run of
            characters between break opportunities, joined by nothing).
        start: Seconds.
        end: Seconds, greater than `start`; never past the next word's start.
    """

    text: str
    start: float
    end: float


class Take(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence, spoken.

    Attributes:
        sentence_id: The script's sentence.
        path: A mono WAV file, 16 bit, of `rate` Hz on the local disk, trimmed of silence at both
            ends, its loudness evened to -18 LUFS.
        rate: Samples a second.
        duration: Length of the sound in seconds, exact to the sample.
        words: In order; they lie within 0 and `duration`.
        digest: SHA-256 of voice, text and settings, in hexadecimal: the take's key in caches.
    """

    sentence_id: str
    path: str
    rate: int
    duration: float
    words: tuple[Word, ...]
    digest: str


class Narration(msgspec.Struct, frozen=True, kw_only=True):
    """One take for every sentence of the script, in its order.

    Attributes:
        voice: The voice's id, such as `hibari:heart`.
        takes: As many as the script has sentences.
    """

    voice: str
    takes: tuple[Take, ...]
