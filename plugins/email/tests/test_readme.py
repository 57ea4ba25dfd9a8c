"""The README tells of everything that an operator can set or grant."""

from pathlib import Path

import pytest

from gestral.plugin import Permission
from gestral_email import plugin
from gestral_email.settings import EmailSettings

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("field", EmailSettings.__struct_fields__)
def test_every_setting_is_documented_with_its_default(field: str) -> None:
    default = getattr(EmailSettings(), field)
    shown = f"`{default}`" if default else ""
    assert f"| `GESTRAL_EMAIL_{field.upper()}` | {shown} |" in README


@pytest.mark.parametrize("permission", plugin.permissions, ids=lambda one: one.name)
def test_every_permission_is_documented_with_its_role(permission: Permission) -> None:
    assert f"| `{permission.name}` | {permission.role} |" in README
