"""Skia on machines without graphics libraries: stand-ins, and real renderings without them.

Libraries are hidden in a mount namespace of a child process, so these tests need Linux and the
right to make one (root, or user namespaces). A machine that lacks the libraries needs neither.
"""

import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gestral.errors import ServiceError
from gestral_video.render.raster import load_skia
from gestral_video.render.stand_in import MACHINES, stand_in, wanted
from gestral_video.render.video import Video
from gestral_video.storyboard.storyboard import Storyboard

SCALE = 0.2
MACHINE = MACHINES.get(os.uname().machine)
GRAPHICS = ("libEGL.so.1", "libGL.so.1")
LOAD = "from gestral_video.render.raster import skia\n"
LOADED = "print(*{line.split()[5] for line in open('/proc/self/maps') if '/' in line})\n"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or MACHINE is None, reason="stand-ins are for Linux on these machines"
)

type_of_names = st.lists(
    st.from_regex(r"(gl|egl)[A-Z][A-Za-z0-9]{0,20}", fullmatch=True), unique=True
)
Child = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A new path at every call."""
    folder, number = tmp_path_factory.mktemp("stand-ins"), itertools.count()
    return lambda: folder / f"{next(number)}.so"


@settings(max_examples=20, deadline=None)
@given(names=type_of_names, other=st.just("glNowhere_"))
def test_a_stand_in_has_the_functions_it_was_asked_for_and_no_other(
    files: Callable[[], Path], names: list[str], other: str
) -> None:
    assert MACHINE is not None
    path = files()
    path.write_bytes(stand_in("libstandin.so.1", names, MACHINE))
    library = ctypes.CDLL(str(path))
    assert all(library[name] for name in names)
    with pytest.raises(AttributeError):
        library[other]


def test_calling_a_stand_in_ends_the_process(files: Callable[[], Path]) -> None:
    assert MACHINE is not None
    path = files()
    path.write_bytes(stand_in("libstandin.so.1", ["glClear"], MACHINE))
    program = (
        "import ctypes, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "ctypes.CDLL(sys.argv[1]).glClear()"
    )
    done = subprocess.run([sys.executable, "-c", program, path], check=False)
    assert done.returncode == -signal.SIGSEGV


def test_what_a_library_asks_for_is_read_from_it() -> None:
    spec = find_spec("skia")
    assert spec is not None
    assert spec.origin is not None
    names = wanted(Path(spec.origin))
    # One of EGL, of GL, of GLX, of the C library with a version, and of Python itself.
    assert {"eglGetProcAddress", "glClear", "glXGetProcAddress", "memcpy", "PyLong_FromLong"} <= {
        *names
    }
    assert "PyInit_skia" not in names  # that one it defines
    with pytest.raises(ValueError, match="not a 64-bit"):
        wanted(Path(__file__))


def test_a_missing_skia_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skia", None)
    with pytest.raises(ServiceError, match="Skia cannot be loaded"):
        load_skia()


@pytest.fixture
def without(tmp_path: Path) -> Callable[..., Child]:
    """Runs Python programs on a machine without these libraries."""

    def hide(*sonames: str) -> Child:
        prefix = _hidden(sonames, tmp_path)

        def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
            command = [*prefix, sys.executable, "-c", program, *arguments]
            # All functions are looked up at once: none can be missing and go unnoticed.
            environment = os.environ | {"LD_BIND_NOW": "1", "TMPDIR": str(tmp_path)}
            return subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )

        started = run("")
        if "error while loading shared libraries" in started.stderr:
            pytest.skip(f"this Python itself needs one of {sonames}")
        assert started.returncode == 0, started.stderr
        return run

    return hide


def _hidden(sonames: tuple[str, ...], folder: Path) -> list[str]:
    """The start of a command that runs in a world without these libraries."""
    show = f"import ctypes, sys\nfor name in sys.argv[1:]: ctypes.CDLL(name)\n{LOADED}"
    there = []
    for soname in sonames:
        shown = subprocess.run(
            [sys.executable, "-c", show, soname], capture_output=True, text=True, check=False
        )
        paths = (Path(path) for path in shown.stdout.split())
        there += [path for path in paths if path.name.startswith(soname)]
    if not there:
        return []  # nothing to hide
    (origin,) = {path.parent for path in there}
    # The folder of the libraries, once more, by links, without those to hide.
    behind, instead = folder / "behind", folder / "instead"
    behind.mkdir()
    instead.mkdir()
    for entry in origin.iterdir():
        if not entry.name.startswith(sonames):
            (instead / entry.name).symlink_to(behind / entry.name)
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("libraries cannot be hidden here: no right to make a mount namespace")
    script = 'mount --bind "$1" "$2" && mount --bind "$3" "$1" && shift 3 && exec "$@"'
    return [*unshare, "sh", "-c", script, "sh", str(origin), str(behind), str(instead)]


def test_a_video_is_the_same_without_graphics_libraries(
    without: Callable[..., Child], board: Storyboard, video: Video, tmp_path: Path
) -> None:
    child = without(*GRAPHICS)
    plain = child("import skia")
    assert plain.returncode
    assert "ImportError: libEGL.so.1" in plain.stderr
    (tmp_path / "board.json").write_bytes(msgspec.json.encode(board))
    # Two workers: the processes of the pool have to manage too.
    program = (
        "import msgspec, sys\n"
        "from pathlib import Path\n"
        "from gestral_video.render.render import render\n"
        "from gestral_video.storyboard.storyboard import Storyboard\n"
        "folder = Path(sys.argv[1])\n"
        "board = msgspec.json.decode((folder / 'board.json').read_bytes(), type=Storyboard)\n"
        f"render(board, folder / 'cache', folder / 'post.mp4', workers=2, scale={SCALE})\n"
    )
    done = child(program, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "post.mp4").read_bytes() == Path(video.path).read_bytes()
    assert not list(tmp_path.glob("gestral-*"))


def test_a_library_that_is_there_is_used(without: Callable[..., Child]) -> None:
    child = without("libGL.so.1")
    if child("import ctypes; ctypes.CDLL('libEGL.so.1')").returncode:
        pytest.skip("this machine has no libEGL.so.1")
    done = child(LOAD + LOADED)
    assert done.returncode == 0, done.stderr
    loaded = {path.name: path.parent for path in map(Path, done.stdout.split())}
    assert loaded["libGL.so.1"].name.startswith("gestral-")
    assert not any(
        name.startswith("libEGL") and folder.name.startswith("gestral-")
        for name, folder in loaded.items()
    )


@pytest.mark.parametrize(
    ("sonames", "before", "named"),
    [
        ((*GRAPHICS, "libexpat.so.1"), "", "libexpat.so.1"),
        (GRAPHICS, "import platform; platform.machine = lambda: 'riscv64'\n", "libEGL.so.1"),
    ],
    ids=["no expat", "another machine"],
)
def test_what_cannot_be_replaced_is_named_with_its_package(
    without: Callable[..., Child], sonames: tuple[str, ...], before: str, named: str
) -> None:
    program = f"""{before}
from gestral.errors import ServiceError
try:
    {LOAD}
except ServiceError as error:
    print(error)
"""
    done = without(*sonames)(program)
    assert done.returncode == 0, done.stderr
    assert named in done.stdout
    assert f"{named.partition('.')[0].lower()}1" in done.stdout
