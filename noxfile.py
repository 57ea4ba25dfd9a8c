"""Every habit of the developers, by name: `nox -l` lists them. People and CI call the same ones."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_external_run = True
nox.options.sessions = ["lint", "types", "imports", "tests"]

ROOT = Path(__file__).parent
PYTHONS = ["3.11", "3.12", "3.13"]
PLUGINS = ["auth", "email", "video"]
OURS = ["core", *(f"plugins/{name}" for name in PLUGINS), "."]
CODE = ["core", "plugins", "frontend", "deploy", "db_scripts", "benchmarks", "noxfile.py"]
FAST = "not e2e and not chaos and not wheels and not fuzz"
LOCAL = ["gestral-core", *(f"gestral-{name}" for name in PLUGINS), "gestral-deploy"]


def install(session: nox.Session, *locks: str, editable: bool = True) -> None:
    """Install what the locks hold, every file checked against its hash, then our own packages."""
    for lock in locks:
        session.install("--require-hashes", "-r", f"requirements/{lock}.txt")
    if editable:
        own = [part for package in OURS for part in ("-e", package)]
        session.install("--no-deps", "--no-build-isolation", *own)


def build_frontend(session: nox.Session) -> None:
    """Build the browser application when its sources are newer than what is built."""
    session.run("python", "frontend/build.py")


WHEELS = ROOT / ".nox" / "wheels"
built: list[Path] = []
"""Where the wheels are that this run of nox has built."""


def built_wheels(session: nox.Session) -> Path:
    """Build our own wheels, once for all sessions of a run, and return their folder."""
    if not built:
        shutil.rmtree(WHEELS, ignore_errors=True)
        build_frontend(session)
        build = ("python", "-m", "build", "--wheel", "--no-isolation", "--outdir", str(WHEELS))
        for package in OURS:
            session.run(*build, package)
        built.append(WHEELS)
    return WHEELS


@nox.session
def up(session: nox.Session) -> None:
    """Start everything on this machine, make a first video, serve until Ctrl-C."""
    install(session, "gestral", "build")
    build_frontend(session)
    # After Ctrl-C it needs a moment to stop what it started; nox would kill it at once.
    session.run("gestral", "up", *session.posargs, interrupt_timeout=60, terminate_timeout=30)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests but those that drive a browser."""
    install(session, "development")
    workers = [] if session.posargs else ["-n", str(os.cpu_count() or 1), "--dist", "loadscope"]
    session.run("pytest", "-m", FAST, *workers, *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests and show what they do not reach."""
    install(session, "development")
    session.run("pytest", "-m", FAST, "--cov", "--cov-report=term", *session.posargs)


@nox.session(python=PYTHONS)
def versions(session: nox.Session) -> None:
    """Run the tests under one Python of those that are promised."""
    install(session, "development")
    session.run("pytest", "-m", FAST, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Look for mistakes and for foreign style, in code, image and workflows."""
    install(session, "development", editable=False)
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)
    session.run("hadolint", "deploy/Containerfile")
    session.run("actionlint")
    session.run("zizmor", "--offline", "--quiet", ".github/workflows")


@nox.session(name="format")
def format_code(session: nox.Session) -> None:
    """Bring all code into form."""
    install(session, "development", editable=False)
    session.run("ruff", "check", "--fix", *CODE)
    session.run("ruff", "format", *CODE)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, as strictly as can be."""
    install(session, "development")
    session.run("mypy")
    session.run("mypy", "--config-file", "deploy/pyproject.toml", "deploy/gestral_deploy")
    scripts = map(str, Path("db_scripts").glob("*.py"))
    session.run("mypy", "--strict", *scripts, env={"MYPYPATH": "db_scripts"})
    session.run("python", "frontend/build.py", "--check")


@nox.session
def imports(session: nox.Session) -> None:
    """Hold the walls: core imports no plugin, no plugin another, scripts and deploy neither."""
    install(session, "development")
    session.run("lint-imports")


@nox.session
def migrations(session: nox.Session) -> None:
    """Make every table from its migrations on a fresh PostgreSQL, and compare with the models."""
    install(session, "development")
    session.env["GESTRAL_DATA"] = str(Path(session.create_tmp()) / "data")
    session.run("gestral", "db", "upgrade")
    session.run("gestral", "db", "status")
    session.run("gestral", "db", "check")


@nox.session
def isolated(session: nox.Session) -> None:
    """Build the wheels; each plugin's with core's alone must pass the conformance suite."""
    install(session, "development", editable=False)
    work = ROOT / session.create_tmp()
    wheels = built_wheels(session)
    for name in PLUGINS:
        folder = work / f"with-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        session.run("uv", "venv", "--quiet", "--python", sys.executable, str(folder))
        python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        core = next(wheels.glob("gestral_core-*.whl"))
        plugin = next(wheels.glob(f"gestral_{name}-*.whl"))
        session.run(
            *("uv", "pip", "install", "--quiet", "--python", python),
            *("--constraint", "requirements/development.txt"),
            *(f"gestral-core[embedded,testing] @ {core.as_uri()}", str(plugin)),
        )
        session.chdir(folder)  # away from the sources
        session.run(
            *(python, "-m", "pytest", "--pyargs", "gestral.testing.conformance"),
            *("--gestral-plugin", name, "-q", "-p", "no:cacheprovider"),
            *("-o", "asyncio_mode=auto", "--import-mode=importlib"),
            external=True,
        )
        session.chdir(ROOT)


@nox.session
def plugins(session: nox.Session) -> None:
    """Do with wheels alone what authors and operators of plugins do, from the first to the last."""
    install(session, "development")
    session.env["GESTRAL_WHEELS"] = str(built_wheels(session))
    workers = [] if session.posargs else ["-n", str(os.cpu_count() or 1), "--dist", "loadfile"]
    session.run("pytest", "core/tests/wheels", "core/tests/contract", *workers, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Run the code of the documentation and follow its links."""
    install(session, "development")
    session.run("pytest", "core/tests/docs", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure, side by side in one run: everything, or some of `jobs`, `make`, `start`, `web`."""
    install(session, "development")
    for name in session.posargs or ["jobs", "make", "start", "web"]:
        session.run("python", f"benchmarks/{name}.py")


@nox.session
def quality(session: nox.Session) -> None:
    """Show what is made of real pages: name a folder of them, or set GESTRAL_CORPUS."""
    install(session, "development")
    folder = session.posargs or [os.environ["GESTRAL_CORPUS"]]
    session.run("python", "benchmarks/quality_articles.py", *folder)


@nox.session
def gallery(session: nox.Session) -> None:
    """Draw every kind of scene in every style and format into build/gallery; or those named."""
    install(session, "development")
    session.run("python", "benchmarks/gallery.py", *session.posargs)


@nox.session
def e2e(session: nox.Session) -> None:
    """Drive the whole platform with a browser: Chromium must be on the machine."""
    install(session, "development")
    build_frontend(session)
    session.run("pytest", "-m", "e2e", "frontend/e2e", *session.posargs)


@nox.session
def chaos(session: nox.Session) -> None:
    """Kill processes at random while they work, and see that nothing is lost or done twice."""
    install(session, "development")
    session.run("pytest", "-m", "chaos", "-s", "core/tests/chaos", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Ask every operation of the API what it must answer well: 200 times, or as often as given."""
    install(session, "development")
    examples, *more = session.posargs or ["200"]
    session.env["GESTRAL_FUZZ_EXAMPLES"] = examples
    session.run("pytest", "-m", "fuzz", "plugins/tests/fuzz", *more)


@nox.session
def lock(session: nox.Session) -> None:
    """Make the locks anew: every version with its hashes, and without any address."""
    session.install("uv")
    for name in ("development", "gestral", "build", "nox"):
        constraint = [] if name == "development" else ["-c", "requirements/development.txt"]
        session.run(
            *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
            *("--generate-hashes", "--no-annotate", "--custom-compile-command", "nox -s lock"),
            *(part for package in LOCAL for part in ("--no-emit-package", package)),
            *constraint,
            *(f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"),
            *session.posargs,
        )
