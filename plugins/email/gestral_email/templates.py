"""Templates: `<plugin>/<template>/{subject.txt,body.txt,body.html}` made into a mail.

A plugin writes `body.html` as a few paragraphs; the shared layout puts them into a page that mail
clients render, narrow and wide, light and dark. `parts.html` has what paragraphs alone cannot do:

    {% from "parts.html" import button %}
    <p>Your video is ready.</p>
    {{ button("Watch it", address) }}

HTML is escaped, templates are sandboxed, and a value that is missing is an error.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from gestral.errors import PluginError

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ("Rendered", "Templates")

LAYOUT = Path(__file__).parent / "layout"
NAME = re.compile(r"[a-z][a-z0-9_]*/[a-z0-9][a-z0-9_-]*\Z")


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """What a person will read."""

    subject: str
    text: str
    html: str


class Templates:
    """The mail templates of all loaded plugins.

    Args:
        folders: The plugins' folders of templates, by plugin.
        public_url: The platform's address, named at the foot of every mail.
    """

    def __init__(self, folders: Mapping[str, Path], *, public_url: str) -> None:
        plugins: dict[str, BaseLoader] = {
            name: FileSystemLoader(folder) for name, folder in folders.items()
        }
        self._environment: Environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([PrefixLoader(plugins), FileSystemLoader(LAYOUT)]),
            autoescape=lambda name: name is None or name.endswith(".html"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._public_url = public_url

    def render(self, template: str, context: Mapping[str, Any]) -> Rendered:
        """Render a template with its values.

        Raises:
            PluginError: There is no such template, it is wrong, or a value is missing.
        """
        if not NAME.match(template):
            raise PluginError(
                f"{template!r} cannot be a mail template.", hint="Write <plugin>/<template>."
            )
        try:
            subject = " ".join(self._part(template, "subject.txt", context).split())
            text = self._part(template, "body.txt", context).strip() + "\n"
            content = self._part(template, "body.html", context)
            html = self._layout.render(
                subject=subject,
                content=Markup(content),  # noqa: S704 - rendered with escaping, just above
                public_url=self._public_url,
            )
        except TemplateError as error:
            raise PluginError(
                f"The mail template {template!r} cannot be rendered: {error}",
                hint="Compare its three files with the values that it is given.",
            ) from error
        return Rendered(subject=subject, text=text, html=html)

    def _part(self, template: str, name: str, context: Mapping[str, Any]) -> str:
        return self._environment.get_template(f"{template}/{name}").render(context)

    @cached_property
    def _layout(self) -> Template:
        """The layout, compiled from MJML once; what MJML leaves is itself a Jinja template."""
        from mjml import mjml2html

        source = (LAYOUT / "layout.mjml").read_text(encoding="utf-8")
        # No web fonts: opening a mail must not tell a third party.
        return self._environment.from_string(mjml2html(source, fonts={}))
