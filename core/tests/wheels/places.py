"""A folder with a virtual environment of its own, in which the tests do what people do."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """A folder with a virtual environment in it, as a person would have."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        paths = (str(self.folder / ".venv" / "bin"), os.environ["PATH"])
        unwanted = {"PYTHONPATH", "VIRTUAL_ENV"}
        inherited = {
            name: value
            for name, value in os.environ.items()
            # nox says by `UV_PYTHON` where it has uv install.
            if name not in unwanted and not name.startswith(("GESTRAL_", "NOX_", "COV_", "UV_"))
        }
        return {
            **inherited,
            "PATH": os.pathsep.join(paths),
            "COLUMNS": "200",
            **self.environment,
            **more,
        }

    def call(self, command: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the shell there, and return what came of it."""
        return subprocess.run(
            ["bash", "-euc", command],
            cwd=self.folder,
            env=self._environment(more),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def run(self, command: str, **more: str) -> str:
        """Run a command that must succeed, and return what it printed."""
        answer = self.call(command, **more)
        assert answer.returncode == 0, f"$ {command}\n{answer.stdout}{answer.stderr}"
        return answer.stdout

    @contextmanager
    def meanwhile(self, command: str) -> Iterator[None]:
        """Have a command run that ends with its input, for the length of the block."""
        process = subprocess.Popen(
            ["bash", "-euc", command],
            cwd=self.folder,
            env=self._environment({}),
            stdin=subprocess.PIPE,
        )
        try:
            yield
        finally:
            process.communicate()
