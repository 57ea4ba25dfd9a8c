"""Settings: what is wrong is said by the name of the variable."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral.errors import ConfigurationError
from gestral.settings import Settings, read_settings, to_environment

SOUND = {
    "GESTRAL_DATA": "/data",
    "GESTRAL_DATABASE_URL": "postgresql://host/database",
    "GESTRAL_REDIS_URL": "redis://host",
    "GESTRAL_STORAGE_URL": "file:///files",
    "GESTRAL_SECRET": "s" * 32,
}


class Sample(msgspec.Struct):
    text: str = "a"
    number: int = 1
    switch: bool = False
    names: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("GESTRAL_PORT", "many", "GESTRAL_PORT is 'many'"),
        ("GESTRAL_SECRET", "short", "GESTRAL_SECRET has 5 characters"),
        ("GESTRAL_ALLOW_NETWORKS", "10.0.0.1/8", "'10.0.0.1/8', which is no network"),
        ("GESTRAL_ALLOW_PORTS", "80,x", "GESTRAL_ALLOW_PORTS"),
    ],
)
def test_a_wrong_value_is_named(variable: str, value: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says.replace(".", r"\.")):
        read_settings(Settings, {**SOUND, variable: value})


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(ConfigurationError, match="GESTRAL_DATA is not set"):
        read_settings(Settings, {})


def test_core_settings_survive_the_way_through_the_environment() -> None:
    settings = read_settings(Settings, {**SOUND, "GESTRAL_ALLOW_NETWORKS": "10.0.0.0/8, ::1/128"})
    assert settings.data == Path("/data")
    assert settings.allow_networks == ("10.0.0.0/8", "::1/128")
    assert read_settings(Settings, to_environment(settings)) == settings


@given(
    st.builds(
        Sample,
        text=st.text(st.characters(exclude_characters="\0")),
        number=st.integers(-(2**62), 2**62),
        switch=st.booleans(),
        names=st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True)).map(tuple),
    )
)
def test_what_is_written_is_read_back(sample: Sample) -> None:
    assert read_settings(Sample, to_environment(sample)) == sample
