"""The README tells of everything that an operator can set or grant."""

from pathlib import Path

import pytest

from gestral.plugin import Permission
from gestral_auth import plugin
from gestral_auth.settings import AuthSettings

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("field", AuthSettings.__struct_fields__)
def test_every_setting_is_documented_with_its_default(field: str) -> None:
    default = str(getattr(AuthSettings(), field)).lower()
    assert f"| `GESTRAL_AUTH_{field.upper()}` | `{default}` |" in README


@pytest.mark.parametrize("permission", plugin.permissions, ids=lambda one: one.name)
def test_every_permission_is_documented_with_its_role(permission: Permission) -> None:
    assert f"| `{permission.name}` | {permission.role} |" in README
