"""Seeing mail before anybody gets it: templates as pages, and a test of the way out."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from gestral.capabilities import CLOCK
from gestral.errors import InputError
from gestral.plugin import Services
from gestral.settings import Settings
from gestral_email import TEMPLATES, TRANSPORT
from gestral_email.addresses import ascii_form, normalise_recipient
from gestral_email.delivery import compose, sender_of
from gestral_email.models import Message

__all__ = ("send_test", "write_previews")


def write_previews(services: Services, folder: Path, wanted: Sequence[str], language: str) -> Path:
    """Write templates, filled in with their examples, and a page that shows them side by side.

    Args:
        services: Know the plugins' templates.
        folder: Made where it is missing.
        wanted: `<plugin>/<template>`; all of them when empty.
        language: Of the templates, where they have it.

    Returns:
        The page.

    Raises:
        InputError: There is no such template.
        PluginError: One cannot be rendered, or has no example.
    """
    templates = services.get(TEMPLATES)
    known = templates.names()
    for name in wanted:
        if name not in known:
            raise InputError(
                f"There is no mail template {name!r}.", hint=f"Choose among: {', '.join(known)}."
            )
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(templates.gallery(wanted or known, language), encoding="utf-8")
    return page.absolute()


async def send_test(services: Services, address: str) -> str:
    """Hand a short mail over at once; return what became of it, as a sentence.

    Raises:
        InputError: The address cannot be one.
        JobError: It was not accepted, or that is not known.
    """
    transport = services.get(TRANSPORT)
    sender = sender_of(services)
    recipient = ascii_form(normalise_recipient(address))
    told = f"Mail of {services.settings(Settings).public_url} arrives here."
    message = Message(
        id=uuid.uuid4(),
        unsubscribe="",
        recipient=recipient,
        subject="A test of Gestral's mail",
        text=f"{told}\n",
        html=f"<p>{told}</p>",
    )
    composed = compose(message, sender, recipient, services.get(CLOCK).now())
    name = await transport.send(composed, sender, recipient)
    return f"The transport {transport.name} accepted it{f' as {name}' if name else ''}."
