"""What `gestral plugins new` writes works untouched, for people who have only wheels."""

import pytest
from places import Place

pytestmark = pytest.mark.wheels


def test_a_new_plugin_passes_ruff_mypy_its_tests_and_the_conformance_suite(place: Place) -> None:
    place.run("uv venv --quiet && uv pip install --quiet 'gestral-core[embedded,testing]'")
    place.run("gestral plugins new my_notes")
    place.run("uv pip install --quiet --editable './gestral-my-notes[testing]'")
    inside = "cd gestral-my-notes && "
    place.run(inside + "ruff check && ruff format --check && mypy")
    answer = place.run(inside + "pytest -q")
    assert " passed" in answer
    assert "skipped" not in answer
    conformance = "pytest -q --pyargs gestral.testing.conformance --gestral-plugin my_notes"
    assert " passed" in place.run(inside + conformance)
    assert "my_notes" in place.run("gestral plugins --strict")
