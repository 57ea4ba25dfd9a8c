"""What is done to a voice's sound before it is kept: trimmed, made even in loudness, written."""

import wave
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

__all__ = ("LOUDNESS", "audible", "evened", "loudness", "write_wav")

LOUDNESS = -18.0
"""LUFS of every take: 3 to 4 below the final mix, which leaves room for music under it."""
CEILING = 10 ** (-1.5 / 20)
"""Highest sample, as a fraction of full scale (-1.5 dBFS)."""
SILENCE = 50.0
"""Decibels below the loudest moment of a take, below which it counts as silent."""
MARGIN = 0.03
"""Seconds kept before and after what is heard, so that no soft consonant is cut off."""


def audible(samples: "Samples", rate: int) -> tuple[int, int]:
    """Where the sound begins and ends: its first sample, and the one after its last."""
    import numpy as np

    frame = rate // 100
    count = len(samples) // frame
    if not count:
        return 0, len(samples)
    power = np.mean(samples[: count * frame].reshape(count, frame) ** 2, axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-SILENCE / 10))
    if not len(loud):
        return 0, 0
    margin = int(MARGIN * rate)
    return (
        max(0, int(loud[0]) * frame - margin),
        min(len(samples), (int(loud[-1]) + 1) * frame + margin),
    )


def loudness(samples: "Samples", rate: int) -> float:
    """Integrated loudness of a mono signal in LUFS, after ITU-R BS.1770-5.

    Gated in blocks of 400 ms; a shorter signal is one block. The K weighting is the product of the
    recommendation's two filters, taken as a curve over frequency and applied by Fourier transform,
    which is exact and needs no loop over samples. Minus infinity for silence.
    """
    import numpy as np

    if not len(samples):
        return float("-inf")
    spectrum = np.fft.rfft(samples, 2 * len(samples))
    weighted = np.fft.irfft(spectrum * _k_weighting(len(spectrum), rate))[: len(samples)]
    block, step = int(0.4 * rate), int(0.1 * rate)
    if len(weighted) < block:
        powers = np.asarray([np.mean(weighted**2)])
    else:
        energy = np.concatenate(([0.0], np.cumsum(weighted**2)))
        starts = np.arange(0, len(weighted) - block + 1, step)
        powers = (energy[starts + block] - energy[starts]) / block
    heard = powers[powers > 10 ** ((-70 + 0.691) / 10)]
    if not len(heard):
        return float("-inf")
    heard = heard[heard > heard.mean() * 0.1]
    return float(-0.691 + 10 * np.log10(heard.mean()))


def _k_weighting(bins: int, rate: int) -> "NDArray[np.complex128]":
    """BS.1770-5, tables 1 and 2: the filters for 48 kHz, at this signal's frequencies."""
    import numpy as np

    z = np.exp(-2j * np.pi * np.linspace(0, rate / 2, bins) / 48_000)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    curve: NDArray[np.complex128] = shelf * high_pass
    return curve


def evened(samples: "Samples", rate: int) -> "Samples":
    """The same sound at `LOUDNESS`, its peaks held under `CEILING`, its ends faded over 5 ms."""
    import numpy as np

    measured = loudness(samples, rate)
    if measured == float("-inf"):
        return samples
    louder = samples * np.float32(10 ** ((LOUDNESS - measured) / 20))
    limited = louder * _limiter(louder, rate)
    fade = min(int(0.005 * rate), len(limited) // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    limited[:fade] *= ramp
    limited[len(limited) - fade :] *= ramp[::-1]
    return limited.astype(np.float32)


def _limiter(samples: "Samples", rate: int) -> "Samples":
    """A gain for every sample that keeps peaks under `CEILING` without a corner.

    The least gain within 5 ms around a sample, averaged over as long: never above what the sample
    itself needs, and smooth.
    """
    import numpy as np

    needed = np.minimum(1.0, CEILING / np.maximum(np.abs(samples), 1e-9)).astype(np.float32)
    if needed.min() == 1.0:
        return needed
    width = int(0.0025 * rate) * 2 + 1
    held = np.lib.stride_tricks.sliding_window_view(
        np.pad(needed, width - 1, constant_values=1.0), width
    ).min(axis=1)
    smooth: Samples = np.convolve(held, np.full(width, 1 / width, np.float32), "valid")
    return smooth[: len(samples)]


def write_wav(path: Path, samples: "Samples", rate: int) -> None:
    """A mono WAV file of 16 bit."""
    import numpy as np

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
