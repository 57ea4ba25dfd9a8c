"""What an operator may set, as `GESTRAL_{{ cookiecutter.name.upper() }}_<FIELD>`."""

from typing import Annotated

import msgspec

__all__ = ("Settings",)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings; all have defaults.

    Attributes:
        kept_days: Days for which a note is kept.
    """

    kept_days: Annotated[int, msgspec.Meta(ge=1)] = 365
