"""Which passwords will do, and how they are kept."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral.errors import InputError
from gestral_auth.passwords import COMMON_PASSWORDS, Passwords, check_password
from gestral_auth.settings import AuthSettings

CHEAP = AuthSettings(argon2_memory_kib=64, argon2_concurrency=1)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password-too-short"),
        ("x" * 257, "password-too-long"),
        ("password123", "password-common"),
        ("PassWord123", "password-common"),
        ("\uff50assword123", "password-common"),
        ("ada@example.com", "password-personal"),
        ("ada.lovelace", "password-personal"),
        ("Ada Lovelace", "password-personal"),
        ("adalovelace", "password-personal"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused(password: str, code: str) -> None:
    email = "ada.lovelace@example.com" if "." in password[:4] else "ada@example.com"
    with pytest.raises(InputError) as caught:
        check_password(password, email=email, name="Ada Lovelace")
    assert caught.value.code == code


@pytest.mark.parametrize(
    "password", ["öfter mal was", "xyzzyfoo", "x" * 250 + "yz", "密码密码密码密码"]
)
def test_any_other_password_will_do(password: str) -> None:
    check_password(password, email="ada@example.com", name="Ada")


def test_the_list_of_common_passwords_holds_only_what_length_lets_through() -> None:
    listed = COMMON_PASSWORDS.read_text(encoding="utf-8").split()
    assert len(listed) > 500
    assert len(set(listed)) == len(listed)
    assert all(len(password) >= 8 for password in listed)


@given(password=st.text(min_size=8, max_size=256), other=st.text(max_size=256))
def test_a_hash_verifies_its_own_password_and_no_other(password: str, other: str) -> None:
    async def body() -> None:
        passwords = Passwords(CHEAP)
        try:
            kept = await passwords.hash(password)
            assert password not in kept
            assert await passwords.verify(password, kept) == (True, None)
            import unicodedata

            same = unicodedata.normalize("NFKC", other) == unicodedata.normalize("NFKC", password)
            assert (await passwords.verify(other, kept))[0] is same
        finally:
            await passwords.aclose()

    asyncio.run(body())


async def test_nobody_has_a_right_password_and_costs_as_much_as_somebody() -> None:
    passwords = Passwords(CHEAP)
    parameters = [
        kept.split("$")[1:4] for kept in (passwords._nobody.result(), await passwords.hash("x"))
    ]
    assert parameters[0] == parameters[1]
    assert await passwords.verify("whatever it is", None) == (False, None)
    await passwords.aclose()


async def test_a_hash_with_old_parameters_is_made_anew() -> None:
    old, new = Passwords(CHEAP), Passwords(AuthSettings(argon2_memory_kib=128))
    kept = await old.hash("a heron over cold water")
    right, better = await new.verify("a heron over cold water", kept)
    assert right
    assert better is not None
    assert "m=128" in better
    assert await new.verify("a heron over cold water", better) == (True, None)
    await old.aclose()
    await new.aclose()


async def test_the_default_hash_has_the_published_parameters() -> None:
    passwords = Passwords(AuthSettings())
    assert (await passwords.hash("a heron over cold water")).startswith(
        "$argon2id$v=19$m=47104,t=1,p=1$"
    )
    await passwords.aclose()
