"""What an operator may set."""

import pytest

from gestral.errors import ConfigurationError
from gestral_email.settings import EmailSettings, read_smtp_url


def test_a_server_is_read_from_its_address() -> None:
    server = read_smtp_url("smtp://ada%40a.example:p%40ss@mail.example.org")
    assert (server.host, server.port, server.tls) == ("mail.example.org", 587, "starttls")
    assert (server.username, server.password) == ("ada@a.example", "p@ss")
    assert "p@ss" not in repr(server)
    assert read_smtp_url("smtps://mail.example.org").port == 465
    assert read_smtp_url("smtp://127.0.0.1:2525?tls=none").port == 2525


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org:port",
        "smtp://secret:word@mail.example.org?tls=maybe",
        "smtp://secret:word@mail.example.org?tsl=none",
    ],
)
def test_what_is_no_server_is_refused_without_telling_the_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        EmailSettings(smtp_url=url, sender="video@example.org")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("sender", ["", "Gestral", "a@b@c", "Gestral <video>"])
def test_a_server_needs_a_sender(sender: str) -> None:
    with pytest.raises(ConfigurationError, match="GESTRAL_EMAIL_SENDER"):
        EmailSettings(smtp_url="smtp://mail.example.org", sender=sender)
