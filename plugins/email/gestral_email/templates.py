"""Templates: `<plugin>/<template>/` with these files made into a mail.

- `subject.txt`, `body.txt` and `body.html`: the mail.
- `topic.txt`: what it is about, in words that people choose by, such as "A video is ready". Mail
  with a topic can be unsubscribed from; mail without one is about the account or its security.
- `example.json`: values to look at it with.

Another language adds `subject.de.txt`, `body.de.txt`, `body.de.html` and `topic.de.txt`.

A plugin writes `body.html` as a few paragraphs; the shared layout puts them into a page that mail
clients render, narrow and wide, light and dark. `parts.html` has what paragraphs alone cannot do:

    {% from "parts.html" import button %}
    <p>Your video is ready.</p>
    {{ button("Watch it", address) }}

HTML is escaped, templates are sandboxed, and a value that is missing is an error.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
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
    TemplateNotFound,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from gestral.errors import PluginError
from gestral_email.links import Unsubscription

if TYPE_CHECKING:
    from jinja2 import Environment

    from gestral_email.models import Message

__all__ = ("Rendered", "Templates")

LAYOUT = Path(__file__).parent / "layout"
NAME = re.compile(r"[a-z][a-z0-9_]*/[a-z0-9][a-z0-9_-]*\Z")

ENGLISH = "en"

WORDS: Mapping[str, Mapping[str, str]] = {
    ENGLISH: {
        "sent_by": "Sent by Gestral at",
        "because": "You get this because you are told of:",
        "unsubscribe": "Unsubscribe",
    },
    "de": {
        "sent_by": "Gesendet von Gestral auf",
        "because": "Das kommt, weil Sie hiervon hören:",
        "unsubscribe": "Abbestellen",
    },
}
"""What the layout says, in the languages that it can."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """What a person will read, in the language that it could be had in."""

    subject: str
    text: str
    html: str
    language: str


class Templates:
    """The mail templates of all loaded plugins.

    Args:
        folders: The plugins' folders of templates, by plugin.
        public_url: The platform's address, named at the foot of every mail.
    """

    def __init__(self, folders: Mapping[str, Path], *, public_url: str) -> None:
        self._folders = folders
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

    def names(self) -> tuple[str, ...]:
        """Return all templates as `<plugin>/<template>`."""
        return tuple(
            f"{plugin}/{found.parent.name}"
            for plugin, folder in sorted(self._folders.items())
            for found in sorted(folder.glob("*/subject.txt"))
        )

    def topics(self) -> dict[str, str]:
        """Return what mail can be chosen or unsubscribed from: its topic, by template."""
        return {name: topic for name in self.names() if (topic := self.topic(name))}

    def topic(self, template: str, language: str = "") -> str:
        """Return what a template's mail is about; empty when it is about the account itself."""
        try:
            chosen = self._language(template, language)
            return self._part(template, "topic.txt", chosen, {}).strip()
        except TemplateNotFound:
            return ""

    def render(
        self,
        template: str,
        context: Mapping[str, Any],
        *,
        language: str = "",
        unsubscribe: str = "",
    ) -> Rendered:
        """Render a template with its values.

        Args:
            template: `<plugin>/<template>`.
            context: Its values.
            language: A BCP 47 tag. Where the template lacks it, the mail is in English.
            unsubscribe: The address that ends mail of this topic; empty for mail without one.

        Raises:
            PluginError: There is no such template, it is wrong, or a value is missing.
        """
        if not NAME.match(template):
            raise PluginError(
                f"{template!r} cannot be a mail template.", hint="Write <plugin>/<template>."
            )
        try:
            chosen = self._language(template, language)
            words = WORDS[chosen]
            subject = " ".join(self._part(template, "subject.txt", chosen, context).split())
            text = self._part(template, "body.txt", chosen, context).strip() + "\n"
            content = self._part(template, "body.html", chosen, context)
            html = self._layout.render(
                subject=subject,
                content=Markup(content),  # noqa: S704 - rendered with escaping, just above
                public_url=self._public_url,
                language=chosen,
                words=words,
                topic=self.topic(template, chosen),
                unsubscribe=unsubscribe,
            )
        except TemplateError as error:
            raise PluginError(
                f"The mail template {template!r} cannot be rendered: {error}",
                hint="Compare its three files with the values that it is given.",
            ) from error
        if unsubscribe:
            # RFC 3676, section 4.3: what follows "-- " is no part of the letter.
            text += f"\n-- \n{words['unsubscribe']}: {unsubscribe}\n"
        return Rendered(subject=subject, text=text, html=html, language=chosen)

    def gallery(self, templates: Iterable[str], language: str = "") -> str:
        """Return a page that shows templates with their examples, wide, narrow and as text.

        Raises:
            PluginError: One cannot be rendered, or has no example.
        """
        mails = []
        for template in templates:
            unsubscribe = f"{self._public_url}/" if self.topic(template) else ""
            mails.append(
                (
                    template,
                    self.render(
                        template,
                        self._example(template),
                        language=language,
                        unsubscribe=unsubscribe,
                    ),
                )
            )
        return self._environment.get_template("gallery.html").render(mails=mails)

    def unsubscribe_page(self, mail: Unsubscription, *, done: bool) -> str:
        """Return the page that a mail's link leads to, before and after it is done."""
        return self._environment.get_template("unsubscribe.html").render(
            address=mail.address, topic=self.topic(mail.template) or mail.template, done=done
        )

    def mailbox_page(
        self, mails: Sequence["Message"] = (), *, shown: "Message | None" = None
    ) -> str:
        """Return the page of the mail that stayed on the machine, or of one mail."""
        return self._environment.get_template("mailbox.html").render(mails=mails, shown=shown)

    def _example(self, template: str) -> dict[str, Any]:
        plugin, _, name = template.partition("/")
        try:
            text = (self._folders[plugin] / name / "example.json").read_bytes()
            return msgspec.json.decode(text, type=dict[str, Any])
        except (KeyError, OSError, msgspec.DecodeError) as error:
            raise PluginError(
                f"The mail template {template!r} has no example that can be read: {error}",
                hint="Put the values of one into its example.json.",
            ) from error

    def _part(self, template: str, name: str, language: str, context: Mapping[str, Any]) -> str:
        return self._environment.get_template(_named(template, name, language)).render(context)

    def _language(self, template: str, wanted: str) -> str:
        """Return the language, wanted or English, that a template and the layout have."""
        primary = wanted.split("-", maxsplit=1)[0].lower()
        if primary not in WORDS:
            return ENGLISH
        try:
            self._environment.get_template(_named(template, "body.html", primary))
        except TemplateNotFound:
            return ENGLISH
        return primary

    @cached_property
    def _layout(self) -> Template:
        """The layout, compiled from MJML once; what MJML leaves is itself a Jinja template."""
        from mjml import mjml2html

        source = (LAYOUT / "layout.mjml").read_text(encoding="utf-8")
        # No web fonts: opening a mail must not tell a third party.
        return self._environment.from_string(mjml2html(source, fonts={}))


def _named(template: str, name: str, language: str) -> str:
    stem, suffix = name.split(".")
    within = "" if language == ENGLISH else f".{language}"
    return f"{template}/{stem}{within}.{suffix}"
