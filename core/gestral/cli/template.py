"""`gestral plugins new`: a working plugin, rendered from the template that comes with core."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

from gestral.app.registry import discover, name_problem
from gestral.errors import ConfigurationError, ConflictError, InputError

__all__ = ("render",)

PACKAGE = Path(__file__).parents[1]
TEMPLATES = (PACKAGE / "_template", PACKAGE.parents[1] / "plugins" / "_template")
"""In an installed core, and beside the sources."""


def render(name: str, folder: Path) -> Path:
    """Write a plugin's distribution into a folder of its own, and return that folder.

    Args:
        name: The plugin's.
        folder: Where its own is made; it must be there.

    Raises:
        InputError: No plugin can have this name.
        ConflictError: Something of this name is there already.
        ConfigurationError: The templates' renderer is not installed.
    """
    _check(name)
    try:
        from cookiecutter.exceptions import OutputDirExistsException  # type: ignore[import-untyped]
        from cookiecutter.generate import generate_files  # type: ignore[import-untyped]
        from cookiecutter.prompt import prompt_for_config  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigurationError(
            "cookiecutter, which renders the template, is not installed.",
            hint="Install gestral-core[testing].",
        ) from error
    template = next(one for one in TEMPLATES if one.is_dir())
    choices = json.loads((template / "cookiecutter.json").read_text()) | {"name": name}
    # Its parts rather than its `cookiecutter()`, which writes into the home directory.
    context = {"cookiecutter": prompt_for_config({"cookiecutter": choices}, no_input=True)}
    try:
        made = generate_files(template, context, output_dir=folder, accept_hooks=False)
    except OutputDirExistsException as error:
        raise ConflictError(
            f"There is a folder {context['cookiecutter']['distribution']} already.",
            hint="Choose another name, or another folder by --folder.",
        ) from error
    for compiled in [*Path(made).rglob("__pycache__")]:  # by pip, when it installed the template
        shutil.rmtree(compiled)
    return Path(made)


def _check(name: str) -> None:
    if problem := name_problem(name):
        raise InputError(problem)
    if any(one.name == name for one in discover()) or find_spec(f"gestral_{name}"):
        raise ConflictError(
            f"A plugin or a package gestral_{name} is installed already.",
            hint="Choose another name.",
        )
