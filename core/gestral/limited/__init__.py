"""Foreign content is parsed in a child process with limits, so that none can hang its host.

    article = await run_limited(
        "my_plugin.pages:read", Page(data=..., address=...), Article, overrun=InputError(...)
    )

Parsers of HTML, feeds and pictures have all been seen to take minutes or gigabytes for some
kilobytes of hostile input, and timeouts within a process cannot stop C code. A child has seconds of
CPU, a cap on memory, on files and on what it answers, a deadline on the clock, and an environment
without the settings and secrets of its parent. It isolates mistakes and waste; it is no defence
against code execution, for which the container around the process is there.
"""

from gestral.limited.messages import Limits
from gestral.limited.parent import run_limited

__all__ = ("Limits", "run_limited")
