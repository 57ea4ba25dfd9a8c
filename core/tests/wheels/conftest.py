"""What people get who have only wheels: environments in which nothing of these sources is."""

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from places import Place

REQUIREMENTS = Path(__file__).parents[3] / "requirements"


@pytest.fixture(scope="session")
def wheels() -> Path:
    """The folder of our own wheels."""
    folder = os.environ.get("GESTRAL_WHEELS")
    if not folder:
        pytest.fail("GESTRAL_WHEELS names no folder: run `nox -s plugins`", pytrace=False)
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def uv_settings(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Have uv take our own distributions from the wheels, and of others what is locked."""
    # By address: of what it finds in a folder of links, uv would take its cache's copy.
    own = tmp_path_factory.mktemp("uv") / "own.txt"
    own.write_text(
        "".join(
            f"{wheel.name.partition('-')[0].replace('_', '-')} @ {wheel.as_uri()}\n"
            for wheel in wheels.glob("*.whl")
        )
    )
    return {
        "UV_CONSTRAINT": f"{REQUIREMENTS / 'development.txt'} {own}",
        "UV_BUILD_CONSTRAINT": str(REQUIREMENTS / "build.txt"),
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, uv_settings: dict[str, str]) -> Place:
    """An empty folder."""
    assert shutil.which("uv"), "uv is not there"
    folder = tmp_path_factory.mktemp("place")
    return Place(folder, {**uv_settings, "GESTRAL_DATA": str(folder / "data")})
