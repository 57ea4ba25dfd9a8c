"""One form for addresses and names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral.errors import InputError
from gestral_auth import addresses
from gestral_auth.addresses import normalise_email, normalise_name
from gestral_auth.throttle import account_key, network_key


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ada@Example.COM ", "Ada@example.com"),
        ("ada@b\u00fccher.example", "ada@b\u00fccher.example"),
        ("ada@xn--bcher-kva.example", "ada@b\u00fccher.example"),
    ],
)
def test_an_address_has_one_form(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "a\r\nBcc: b@example.com",
        "ä@example.com",
    ],
)
def test_what_cannot_be_an_address_is_refused(typed: str) -> None:
    with pytest.raises(InputError) as caught:
        normalise_email(typed)
    assert caught.value.code == "email-invalid"


def test_megabytes_are_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "validate_email", None)
    monkeypatch.setattr(addresses, "unicodedata", None)
    for refuse in (normalise_email, normalise_name):
        with pytest.raises(InputError, match="4000000 characters"):
            refuse("\u0327" * 4_000_000)


@given(st.text(max_size=120))
def test_a_name_is_visible_and_stays_as_it_is(text: str) -> None:
    try:
        name = normalise_name(text)
    except InputError:
        return
    assert normalise_name(name) == name
    assert not any(unicodedata.category(character) == "Cc" for character in name)


@pytest.mark.parametrize("text", ["", " \t\r\n", "\u200b\u200d", "\0", "x" * 101])
def test_an_invisible_or_endless_name_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        normalise_name(text)


def test_a_name_keeps_the_joiners_that_its_script_needs() -> None:
    assert normalise_name("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc") == (
        "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc"
    )


def test_a_network_is_an_address_of_ipv4_and_a_customer_of_ipv6() -> None:
    assert network_key("x", "203.0.113.7") != network_key("x", "203.0.113.8")
    assert network_key("x", "2001:db8::1") == network_key("x", "2001:db8::ffff:1")
    assert network_key("x", "2001:db8::1") != network_key("x", "2001:db8:0:1::1")
    assert network_key("x", "/run/socket") == network_key("x", None)


def test_the_key_of_an_account_does_not_tell_its_address() -> None:
    key = account_key("sign-in", "Ada@example.com")
    assert "ada" not in key.casefold()
    assert key == account_key("sign-in", "ada@example.com")
