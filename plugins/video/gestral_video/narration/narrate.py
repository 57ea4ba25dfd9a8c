"""Narrating a script: one take for every sentence, each kept so that nothing is spoken twice."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType

import msgspec

from gestral.errors import RetryableError
from gestral_video.narration.narration import Narration, Take, Word
from gestral_video.narration.pronunciations import pronounced
from gestral_video.narration.voice import Voice
from gestral_video.narration.voices import default_voice, require_voice
from gestral_video.script.alignment import align
from gestral_video.script.script import Script, Sentence, SpokenToken
from gestral_video.whole import written_whole

__all__ = ("Progress", "narrate")

Progress = Callable[[int, int], None]
"""Told how many sentences are done, and of how many."""

FORM = 1
"""Raised whenever trimming, evening or the timing of words changes: takes are kept under it."""
SHORTEST_WORD = 0.04
"""Seconds that a word is given at least, even one of which nothing is heard."""
SILENT_WORD = 0.3
"""Seconds of silence for each word of a sentence of which nothing at all is heard."""
WORDS_PER_WORKER = 1500
"""A worker process earns the second or two that it takes to start from this many words on."""


def narrate(
    script: Script,
    folder: Path,
    *,
    voice: Voice | None = None,
    pronunciations: Mapping[str, str] = MappingProxyType({}),
    workers: int | None = None,
    progress: Progress | None = None,
) -> Narration:
    """Speak a script.

    Every take is kept in the folder under its digest, as WAV and JSON. What is kept there is not
    spoken again; a take is there whole or not at all, even if the process is killed.

    Args:
        script: What to say.
        folder: Where takes are kept; made if it is not there.
        voice: Who says it; `default_voice()` unless given.
        pronunciations: How words are said that the rules say otherwise, by the written word.
        workers: How many processes speak at the same time; as many as there are cores, but no more
            than the length of the script is worth, unless given.
        progress: Told after every sentence.

    Returns:
        One take for every sentence, in the script's order.

    Raises:
        InputError: The voice does not speak the script's language (`no-voice`).
        ServiceError: The voice's engine is missing or does not work.
        RetryableError: A worker process was ended (`narration-interrupted`); what was spoken
            before is kept.
    """
    voice = voice or default_voice()
    require_voice(script.language, voice)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [
        _Wanted.of(sentence, script.language, voice, pronunciations)
        for sentence in script.sentences
    ]
    takes = {w.digest: take for w in wanted if (take := _kept(w, folder)) is not None}
    missing = list({w.digest: w for w in wanted if w.digest not in takes}.values())
    done = len(script.sentences) - len(missing)
    if progress:
        progress(done, len(script.sentences))
    with _speakers(missing, folder, voice, workers) as spoken:
        for take in spoken:
            takes[take.digest] = take
            done += 1
            if progress:
                progress(done, len(script.sentences))
    return Narration(
        voice=voice.id,
        takes=tuple(
            msgspec.structs.replace(takes[w.digest], sentence_id=w.sentence_id) for w in wanted
        ),
    )


class _Wanted(msgspec.Struct, frozen=True):
    """A sentence to be spoken, and the key of its take."""

    sentence_id: str
    tokens: tuple[SpokenToken, ...]
    language: str
    digest: str

    @classmethod
    def of(
        cls, sentence: Sentence, language: str, voice: Voice, pronunciations: Mapping[str, str]
    ) -> "_Wanted":
        tokens = pronounced(align(sentence.text, sentence.spoken, language), pronunciations)
        key = msgspec.json.encode([FORM, voice.id, voice.version, language, tokens])
        return cls(sentence.id, tokens, language, hashlib.sha256(key).hexdigest())


def _kept(wanted: _Wanted, folder: Path) -> Take | None:
    """The take, if it is in the folder and whole."""
    try:
        take = msgspec.json.decode((folder / f"{wanted.digest}.json").read_bytes(), type=Take)
        sound = folder / f"{wanted.digest}.wav"
        whole = sound.stat().st_size > 2 * round(take.duration * take.rate)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return msgspec.structs.replace(take, path=str(sound)) if whole else None


@contextmanager
def _speakers(
    missing: Sequence[_Wanted], folder: Path, voice: Voice, workers: int | None
) -> Iterator[Iterator[Take]]:
    """The missing takes as they come, from this process or from several."""
    if workers is None:
        words = sum(len(wanted.tokens) for wanted in missing)
        workers = min(os.cpu_count() or 1, words // WORDS_PER_WORKER)
    if workers < 2 or len(missing) < 2:
        yield (_speak(wanted, folder, voice) for wanted in missing)
        return
    # Forking a process that has threads (a server, ONNX Runtime) can hang: start fresh ones.
    pool = ProcessPoolExecutor(min(workers, len(missing)), mp_context=get_context("spawn"))
    try:
        futures = [pool.submit(_speak, wanted, folder, voice) for wanted in missing]
        yield (future.result() for future in as_completed(futures))
    except BrokenProcessPool as error:
        raise RetryableError(
            "A process that spoke the script ended before it was done.",
            hint="Try again, with fewer workers if the machine is short of memory.",
            code="narration-interrupted",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _speak(wanted: _Wanted, folder: Path, voice: Voice) -> Take:
    """Speak a sentence and keep the take."""
    import numpy as np

    from gestral_video.narration.sound import audible, evened, write_wav

    speech = voice.speak(wanted.tokens, wanted.language)
    first, last = audible(speech.samples, speech.rate)
    if first == last:
        count = int(SILENT_WORD * len(wanted.tokens) * speech.rate)
        samples = np.zeros(max(count, speech.rate // 10), np.float32)
    else:
        samples = evened(speech.samples[first:last], speech.rate)
    duration = len(samples) / speech.rate
    begin = first / speech.rate
    spans = [(start - begin, end - begin) for start, end in speech.spans]
    path = folder / f"{wanted.digest}.wav"
    take = Take(
        sentence_id=wanted.sentence_id,
        path=str(path),
        rate=speech.rate,
        duration=duration,
        words=tuple(
            Word(text=token.written, start=start, end=end)
            for token, (start, end) in zip(wanted.tokens, settled(spans, duration), strict=True)
        ),
        digest=wanted.digest,
    )
    # The sound first: a take counts as kept only once its JSON is there.
    with written_whole(path) as file:
        write_wav(file, samples, speech.rate)
    with written_whole(path.with_suffix(".json")) as file:
        file.write_bytes(msgspec.json.encode(take))
    return take


def settled(spans: Sequence[tuple[float, float]], duration: float) -> list[tuple[float, float]]:
    """Spans that lie within 0 and `duration`, in order, apart, none empty.

    Every word gets `SHORTEST_WORD`, or an equal share where there is not so much time. A word of
    which nothing is heard takes its time from its neighbours.
    """
    if not spans:
        return []
    shortest = min(SHORTEST_WORD, 0.999 * duration / len(spans))
    starts: list[float] = []
    for start, _ in spans:
        starts.append(max(start, starts[-1] + shortest if starts else 0.0))
    limit = duration
    for index in reversed(range(len(starts))):
        starts[index] = max(0.0, min(starts[index], limit - shortest))
        limit = starts[index]
    limits = [*starts[1:], duration]
    return [
        (start, min(max(end, start + shortest), limit))
        for start, (_, end), limit in zip(starts, spans, limits, strict=True)
    ]
