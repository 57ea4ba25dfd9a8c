"""Skia, for drawing in memory, also on machines without graphics libraries.

The skia extension is linked against libEGL.so.1 and libGL.so.1, which bare servers and slim
images lack; so `import skia` fails there, though Gestral draws in memory and never calls a
function of theirs. For each of the two that is missing, this module gives the dynamic linker a
stand-in that defines what skia asks for. Libraries that are there are used as they are.

Modules that draw say `from gestral_video.render.raster import skia`, in every process.
"""

import ctypes
import importlib
import os
import platform
import re
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from gestral.errors import ServiceError
from gestral_video.render.stand_in import MACHINES, stand_in, wanted

__all__ = ("load_skia", "skia")

_NAMES = {"libEGL.so.1": re.compile("egl[A-Z]"), "libGL.so.1": re.compile("gl[A-Z]")}
"""How the names of each library's functions start (`glX...` are libGL's too)."""


def load_skia() -> ModuleType:
    """The module `skia`, whether or not the machine has the libraries of EGL and OpenGL.

    Raises:
        ServiceError: Skia cannot be loaded here; the message names what is missing.
    """
    try:
        return _quiet(importlib.import_module("skia"))
    except ImportError as error:
        missing = [soname for soname in _NAMES if not _loads(soname)]
        machine = MACHINES.get(platform.machine()) if sys.platform == "linux" else None
        spec = find_spec("skia")
        if not missing or machine is None or spec is None or spec.origin is None:
            raise _unusable(error) from error
    try:
        _load_stand_ins(missing, wanted(Path(spec.origin)), machine)
        return _quiet(importlib.import_module("skia"))
    except (ImportError, OSError, ValueError) as error:
        raise _unusable(error) from error


def _quiet(skia: ModuleType) -> ModuleType:
    """Have fontconfig read its configuration now, unheard.

    Skia's wheel brings a fontconfig of its own, which complains on standard error of what the
    machine's newer one has in its files, in the middle of whatever the terminal shows.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        skia.FontMgr()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
    return skia


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def _load_stand_ins(missing: list[str], symbols: list[str], machine: int) -> None:
    """Load a stand-in for each of these libraries: by its name the linker then takes it as there.

    A file that is loaded is no longer needed. So each process makes its own, in a new folder that
    only its user can read: nothing to tamper with, to share or to go stale. The names stay out of
    the global scope (the default of `CDLL`), so that nobody else takes them for real functions.
    """
    # A network file system may keep an open file for a while; that is not worth an error.
    with tempfile.TemporaryDirectory(prefix="gestral-", ignore_cleanup_errors=True) as folder:
        for soname in missing:
            path = Path(folder, soname)
            functions = filter(_NAMES[soname].match, symbols)
            path.write_bytes(stand_in(soname, functions, machine))
            ctypes.CDLL(str(path))


def _unusable(error: Exception) -> ServiceError:
    return ServiceError(
        f"The drawing library Skia cannot be loaded on this machine: {error}.",
        hint="Install the system libraries that it is linked against "
        "(Debian and Ubuntu: libegl1, libgl1 and libexpat1) and start Gestral again.",
    )


if TYPE_CHECKING:
    import skia  # type: ignore[import-not-found]  # compiled, without stubs
else:
    skia = load_skia()
