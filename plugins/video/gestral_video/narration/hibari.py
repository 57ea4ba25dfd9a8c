"""The voices that need no key and no network: hibari's, with the exact time of every word.

hibari's model computes how long every phoneme lasts, in units of 25 ms, but keeps it to itself.
ONNX Runtime hands out any tensor that the graph lists as an output, so one line is added to the
list: the message `GraphProto.output` (field 12) inside `ModelProto.graph` (field 7), see the
schema at https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Protobuf merges a message that is
met twice, so the addition is appended to the file's bytes and nothing is parsed.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version as version_of
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gestral.errors import ServiceError
from gestral_video.narration.voice import Speech
from gestral_video.script.script import SpokenToken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ("HibariVoice", "hibari_voices")

DURATIONS = "/Cast_32_output_0"
"""The tensor of durations in hibari 0.2.1, found by its shape and by its sum."""
UNIT = 0.025
"""Seconds that one unit of duration lasts: two frames of 12.5 ms."""
LEAD = 0.06
"""Seconds by which the sound runs ahead of the durations: where the loudness of 5 ms frames over
30 sentences agrees best with a profile of loud vowels and quiet stops, fricatives and pauses."""
MAXIMUM_PHONEMES = 400
"""A call's memory grows with its length; 600 words at once took over a gigabyte."""
REVISION = 2
"""Raised when what is made of the engine's sound and times changes."""
PAUSE_DEPTH = 38.0
"""Decibels below the loudest moment, below which a pause is silent: breath and noise are not."""
PAUSE_REACH = 0.6
"""Seconds before the end of a word in which its pause may begin."""
SHORTEST_PAUSE = 0.07
"""Seconds; the closing of the lips in a "p" is silent for less."""
SEED = 7
"""Of the noise in consonants: the same words give the same samples."""


class _Word(NamedTuple):
    token: int
    phonemes: str


def hibari_voices() -> list["HibariVoice"]:
    """The speakers whose models are on this machine; that of `heart` comes with the engine."""
    from hibari.voices import VOICES  # type: ignore[import-untyped]  # it has no types

    return [HibariVoice(speaker) for speaker in VOICES if _model(speaker) is not None]


def _model(speaker: str) -> Path | None:
    """The file of a speaker's model: from the engine's wheel, or out of the folder that it keeps
    others in (`HIBARI_HOME`), into which nothing is downloaded here."""
    from hibari.voices import voice_path

    try:
        return Path(voice_path(speaker, download_missing=False))
    except FileNotFoundError:
        return None


class HibariVoice:
    """One speaker of American or British English.

    Made without loading anything; the model is loaded by the first `speak` and shared by all
    instances of a process.
    """

    attribution = "hibari-tts, Apache-2.0"

    def __init__(self, speaker: str = "heart") -> None:
        self.speaker = speaker

    @property
    def id(self) -> str:
        """The engine and the speaker."""
        return f"hibari:{self.speaker}"

    @property
    def name(self) -> str:
        """The speaker."""
        return self.speaker.capitalize()

    @property
    def languages(self) -> tuple[str, ...]:
        """One, with its region."""
        from hibari.voices import VOICES

        return (VOICES[self.speaker]["language"],)

    @property
    def version(self) -> str:
        """The engine's version, and the revision of what is made of its sound."""
        return f"{version_of('hibari-tts')}-{REVISION}"

    def speak(self, tokens: Sequence[SpokenToken], language: str = "en") -> Speech:
        """Read a sentence. Words that the voice has no sounds for get an empty span."""
        import numpy as np

        del language  # there is but one
        engine = _engine(self.speaker)
        generator = np.random.default_rng(SEED)
        pieces: list[NDArray[np.float32]] = []
        spans: dict[int, tuple[float, float]] = {}
        offset = 0.0
        for chunk in _chunks(engine.words(tokens)):
            samples, times = engine.synthesize([word.phonemes for word in chunk], generator)
            for word, (start, end) in zip(chunk, times, strict=True):
                first = spans.get(word.token, (offset + start, 0.0))[0]
                spans[word.token] = (first, offset + end)
            pieces.append(samples)
            offset += len(samples) / engine.rate
        silent = np.zeros(0, np.float32)
        return Speech(
            samples=np.concatenate(pieces) if pieces else silent,
            rate=engine.rate,
            spans=tuple(_filled(spans, len(tokens))),
        )


def _filled(spans: dict[int, tuple[float, float]], count: int) -> Iterator[tuple[float, float]]:
    """Every token's span; an unheard token's is empty, where the token before it ends."""
    end = 0.0
    for index in range(count):
        start, end = spans.get(index, (end, end))
        yield start, end


_CLAUSE_ENDS = ",;:—.!?…"
_PUNCTUATION = _CLAUSE_ENDS + '"“”()'


def _chunks(words: Sequence[_Word]) -> Iterator[list[_Word]]:
    """Runs of words short enough for one call, parted at the end of a clause where there is one."""
    rest = [short for word in words for short in _cut(word)]
    while rest:
        length, fits = 0, 0
        while fits < len(rest) and length + len(rest[fits].phonemes) + 1 <= MAXIMUM_PHONEMES:
            length += len(rest[fits].phonemes) + 1
            fits += 1
        if fits < len(rest):
            ends = [
                i
                for i in range(fits)
                if rest[i].phonemes.rstrip('"“”()')[-1:] in tuple(_CLAUSE_ENDS)
            ]
            # A break early in the run would leave a fragment; better break between words.
            fits = ends[-1] + 1 if ends and ends[-1] > fits // 3 else fits
        yield rest[:fits]
        rest = rest[fits:]


def _cut(word: _Word) -> Iterator[_Word]:
    """A word that is too long for a call (an address, a run of digits), in pieces."""
    step = MAXIMUM_PHONEMES - 1
    for at in range(0, len(word.phonemes), step):
        yield _Word(word.token, word.phonemes[at : at + step])


class _Engine:
    """hibari with its durations laid open."""

    def __init__(self, hibari: Any) -> None:
        self._hibari = hibari
        self.rate: int = hibari.sample_rate

    def words(self, tokens: Sequence[SpokenToken]) -> list[_Word]:
        """The phonemes of every spoken word, without those words that have none."""
        # Square brackets would be read as hibari's own mark-up for pronunciations.
        said = [
            (index, word)
            for index, token in enumerate(tokens)
            for word in re.sub(r"[\[\]]", " ", token.spoken).split()
        ]
        phonemes = self._phonemes([word for _, word in said])
        words = [
            _Word(index, sounds)
            for (index, _), sounds in zip(said, phonemes, strict=True)
            if any(character in self._hibari.vocab for character in sounds)
        ]
        # Quotation marks and dashes alone make no sound worth a call.
        return words if any(c.isalpha() for word in words for c in word.phonemes) else []

    def _phonemes(self, words: list[str]) -> list[str]:
        """The phonemes of every word, read in the context of its neighbours."""
        g2p = self._hibari.g2p
        if not words:
            return []
        sounds = [""]
        for token in g2p.phonemize_tokens(g2p.tokenize(" ".join(words))):
            sounds[-1] += token.phonemes or ""
            if token.whitespace:
                sounds.append("")
        if len(sounds) == len(words):
            return sounds
        # The tokenizer joined or parted words: read them one by one instead.
        return [
            " ".join(t.phonemes or "" for t in g2p.phonemize_tokens(g2p.tokenize(word))).strip()
            for word in words
        ]

    def synthesize(
        self, words: Sequence[str], generator: "np.random.Generator"
    ) -> tuple["NDArray[np.float32]", list[tuple[float, float]]]:
        """Sound, and every word's start and end in seconds."""
        import numpy as np
        from hibari import dsp  # type: ignore[import-untyped]  # it has no types

        vocabulary = self._hibari.vocab
        ids: list[int] = [0]
        places: list[tuple[int, int]] = []
        for index, word in enumerate(words):
            ids += [vocabulary[" "]] if index else []
            start = len(ids)
            ids += [vocabulary[character] for character in word if character in vocabulary]
            # A mark of punctuation lasts as long as the pause that it makes: not the word's time.
            letters = word.rstrip(_PUNCTUATION) or word
            places.append((start, start + sum(character in vocabulary for character in letters)))
        ids.append(0)
        *spectra, durations = self._hibari.sess.run(
            None, {"ids": np.asarray([ids], np.int64), "speed": np.asarray([1.0], np.float32)}
        )
        samples = dsp.synth(*(spectrum[0] for spectrum in spectra), generator)
        clock = np.concatenate(([0.0], np.cumsum(durations.reshape(-1) * UNIT)))
        if len(clock) != len(ids) + 1 or abs(clock[-1] - len(samples) / self.rate) > 2 * UNIT:
            raise ServiceError(
                f"The voice engine's times do not match its sound ({clock[-1]:.2f} s against "
                f"{len(samples) / self.rate:.2f} s).",
                hint="Install the version of hibari-tts that gestral-video names.",
                code="voice-engine",
            )
        heard = np.maximum(clock - LEAD, 0.0)
        times = [(float(heard[start]), float(heard[end])) for start, end in places]
        return samples, _at_pauses(words, times, samples, self.rate)


def _at_pauses(
    words: Sequence[str],
    times: list[tuple[float, float]],
    samples: "NDArray[np.float32]",
    rate: int,
) -> list[tuple[float, float]]:
    """The times, with words parted by punctuation moved to either side of the silence they make.

    The model counts a pause to the end of the word before it, and lets the next word begin while
    the mark of punctuation still lasts: at pauses its times are off by up to 0.2 s. The silence
    itself is there to be seen.
    """
    import numpy as np

    frame = rate // 100
    count = len(samples) // frame
    power = np.mean(samples[: count * frame].reshape(count, frame) ** 2, axis=1)
    quiet = power < power.max(initial=0) * 10 ** (-PAUSE_DEPTH / 10)
    moved = list(times)
    sounding = [i for i, word in enumerate(words) if any(c.isalpha() for c in word)]
    for before, after in pairwise(sounding):
        if words[before][-1] not in _PUNCTUATION and after == before + 1:
            continue
        earliest = max(times[before][0], times[before][1] - PAUSE_REACH)
        latest = min(times[after][0] + PAUSE_REACH / 4, times[after][1])
        first, last = _longest_run(quiet, int(earliest * 100) + 1, int(latest * 100))
        if (last - first) / 100 < SHORTEST_PAUSE:
            continue
        start, end = first / 100, last / 100
        moved[before] = (moved[before][0], start)
        moved[before + 1 : after] = [(start, end)] * (after - before - 1)
        moved[after] = (end, times[after][1])
    return moved


def _longest_run(flags: "NDArray[np.bool_]", first: int, last: int) -> tuple[int, int]:
    """The longest run of true flags between two places: its start, and the place after its end."""
    best, start = (first, first), first
    for place in range(first, last + 1):
        if place == last or place >= len(flags) or not flags[place]:
            if place - start > best[1] - best[0]:
                best = (start, place)
            start = place + 1
    return best


@cache
def _engine(speaker: str) -> _Engine:
    import onnxruntime  # type: ignore[import-untyped]  # it has no types
    from hibari import Hibari

    file = _model(speaker)
    if file is None:
        raise ServiceError(
            f"The model of the voice hibari:{speaker} is not on this machine.",
            hint="Put it into the folder that HIBARI_HOME names, on every machine that works.",
            code="voice-engine",
        )
    hibari = Hibari(voice=speaker, model=str(file))
    model = file.read_bytes() + _as_output(DURATIONS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        hibari.sess = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime's errors have no public base class.
        raise ServiceError(
            f"The voice engine hibari-tts {version_of('hibari-tts')} has no durations "
            f"under the name {DURATIONS}.",
            hint="Install the version of hibari-tts that gestral-video names.",
            code="voice-engine",
        ) from error
    return _Engine(hibari)


def _as_output(tensor: str) -> bytes:
    """Bytes which, behind a model's, make the named tensor one more output of its graph."""
    name = tensor.encode()
    value_info = b"\x0a" + bytes([len(name)]) + name
    graph = b"\x62" + bytes([len(value_info)]) + value_info
    return b"\x3a" + bytes([len(graph)]) + graph
