"""What a voice is: it turns words into sound, and says when each of them is heard."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from gestral_video.script.script import SpokenToken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ("Speech", "Voice")


class Speech(msgspec.Struct, frozen=True, kw_only=True):
    """What a voice said.

    Attributes:
        samples: Mono, 32 bit floats within -1 and 1.
        rate: Samples a second.
        spans: For every token its start and end in seconds, in order and without overlap. A token
            of which nothing is heard has an empty span where it would have been.
    """

    samples: "NDArray[np.float32]"
    rate: int
    spans: tuple[tuple[float, float], ...]


class Voice(Protocol):
    """Someone who can read aloud.

    A voice may travel to another process: it must be picklable before it has spoken. What is heavy
    is loaded by the first `speak`; all else answers at once and without a network.
    """

    @property
    def id(self) -> str:
        """Stable and unique: the engine's name, a colon and the speaker's, as `hibari:heart`."""
        ...

    @property
    def name(self) -> str:
        """What people call the speaker, such as `Heart`."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """BCP 47 tags of the languages it reads, such as `en-US`; the speaker's own first."""
        ...

    @property
    def attribution(self) -> str:
        """The licence of the sound and whom to name for it, for the credits of a video."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same words would sound different: takes are kept under it."""
        ...

    def speak(self, tokens: Sequence[SpokenToken], language: str) -> Speech:
        """Read a sentence, word by word as its tokens say.

        Args:
            tokens: At least one.
            language: BCP 47 tag of the sentence, one that `languages` covers.

        Raises:
            ServiceError: The engine is not there or does not work.
            RetryableError: It may work when it is asked again.
        """
        ...
