"""Files that are there whole or not at all, even if the process is killed."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ("put",)


def put(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file written beside its place and moved there; its folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
