"""The time of the machine."""

import datetime as dt

__all__ = ("SystemClock",)


class SystemClock:
    """Implements `gestral.capabilities.Clock`."""

    def now(self) -> dt.datetime:
        """See `Clock.now`."""
        return dt.datetime.now(dt.UTC)
