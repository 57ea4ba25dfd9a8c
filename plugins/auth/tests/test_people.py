"""Signing up, in and out over HTTP, and what other plugins see of it."""

import asyncio
import uuid

import httpx
import pytest
from sqlalchemy import select, update

from gestral.capabilities import CURRENT_USER, JOBS, MEMBERS
from gestral.testing.kit import Kit
from gestral_auth import TIDY, Tidy
from gestral_auth.accounts import set_password
from gestral_auth.demo import demo
from gestral_auth.models import Attempt, Membership, SignInSession, UserAccount
from gestral_auth.passwords import Passwords
from gestral_auth.sessions import hash_token, session_cookie
from gestral_auth.settings import AuthSettings

from .conftest import PASSWORD, SignedUp

COOKIE = "gestral_session"


async def sign_in(
    client: httpx.AsyncClient, email: str = "ada@example.com", password: str = PASSWORD
) -> httpx.Response:
    return await client.post("/api/v1/auth/sign-in", json={"email": email, "password": password})


async def sign_up(
    client: httpx.AsyncClient, email: str = "ada@example.com", **more: str
) -> httpx.Response:
    given = {"email": email, "name": "Ada", "password": PASSWORD} | more
    return await client.post("/api/v1/auth/sign-up", json=given)


async def test_who_signs_up_is_signed_in_and_owns_an_organisation(
    gestral: Kit, signed_up: SignedUp
) -> None:
    client = await signed_up()
    me = (await client.get("/api/v1/auth/me")).json()
    assert me["user"]["email"] == "ada@example.com"
    assert me["organisation"] == me["organisations"][0]
    assert (me["organisation"]["name"], me["organisation"]["role"]) == ("Ada", "owner")
    assert me["permissions"] == ["auth:account"]
    (mail,) = gestral.mail
    assert (mail.template, mail.to) == ("auth/welcome", "ada@example.com")


async def test_what_cannot_be_an_account_leaves_nothing_behind(gestral: Kit) -> None:
    for bad, code in (
        ({"email": "ada"}, "email-invalid"),
        ({"name": " "}, "name-empty"),
        ({"password": "password123"}, "password-common"),
    ):
        answer = await sign_up(gestral.client(), **bad)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert COOKIE not in answer.cookies
    async with gestral.across_organisations() as session:
        assert (await session.scalars(select(UserAccount))).all() == []


async def test_an_address_is_one_account_whatever_its_case(
    gestral: Kit, signed_up: SignedUp
) -> None:
    await signed_up()
    answer = await sign_up(gestral.client(), "ADA@example.com")
    assert (answer.status_code, answer.json()["code"]) == (409, "email-taken")
    assert (await sign_in(gestral.client(), "Ada@EXAMPLE.com")).status_code == 200


async def test_people_of_one_name_have_organisations_of_their_own(
    gestral: Kit, signed_up: SignedUp
) -> None:
    one = (await (await signed_up()).get("/api/v1/auth/me")).json()["organisation"]
    two = (await (await signed_up("ada@example.net")).get("/api/v1/auth/me")).json()["organisation"]
    three = (await (await signed_up("li@example.net", "李")).get("/api/v1/auth/me")).json()
    assert one["id"] != two["id"]
    assert one["slug"] == "ada"
    assert two["slug"].startswith("ada-")
    assert three["organisation"]["slug"] == "organisation"


async def test_of_two_who_sign_up_at_once_with_one_address_one_gets_it(gestral: Kit) -> None:
    answers = await asyncio.gather(*(sign_up(gestral.client()) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_namesakes_who_sign_up_at_once_all_get_an_organisation(gestral: Kit) -> None:
    answers = await asyncio.gather(
        *(sign_up(gestral.client(), f"ada{number}@example.com") for number in range(3))
    )
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["organisation"]["slug"] for answer in answers}) == 3


async def test_wrong_password_and_unknown_address_get_the_same_answer(
    gestral: Kit, signed_up: SignedUp
) -> None:
    await signed_up()
    wrong = await sign_in(gestral.client(), password="not it at all")
    unknown = await sign_in(gestral.client(), email="eve@example.com")
    nonsense = await sign_in(gestral.client(), email="\u200b no address")
    assert wrong.status_code == 401
    problems = [answer.json() | {"request_id": ""} for answer in (wrong, unknown, nonsense)]
    assert problems[0] == problems[1] == problems[2]


async def test_the_cookie_is_out_of_reach_and_its_token_is_not_kept(
    gestral: Kit, signed_up: SignedUp
) -> None:
    client = await signed_up()
    answer = await sign_in(client)
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "path=/" in flags
    token = client.cookies[COOKIE]
    async with gestral.across_organisations() as session:
        (row,) = (await session.scalars(select(SignInSession))).all()
    assert row.token_hash == hash_token(token)
    assert token.encode() not in row.token_hash


def test_over_https_the_cookie_is_bound_to_the_host() -> None:
    cookie = session_cookie("https://gestral.example", "t", AuthSettings().session_lifetime)
    assert cookie.key == "__Host-gestral"
    assert cookie.secure
    assert cookie.httponly
    assert cookie.domain is None
    assert cookie.path == "/"


async def test_signing_in_never_adopts_a_token_and_ends_the_session_before(
    gestral: Kit, signed_up: SignedUp
) -> None:
    client = await signed_up()
    before = client.cookies[COOKIE]
    assert (await sign_in(client)).status_code == 200
    after = client.cookies[COOKIE]
    assert after != before
    thief = gestral.client()
    thief.cookies.set(COOKIE, before)
    assert (await thief.get("/api/v1/auth/me")).status_code == 401
    planted = gestral.client()
    planted.cookies.set(COOKIE, "chosen-by-an-attacker", domain="gestral.test")
    answer = await sign_in(planted)
    assert "chosen-by-an-attacker" not in answer.headers["set-cookie"]


async def test_signing_out_ends_the_session_itself(gestral: Kit, signed_up: SignedUp) -> None:
    client = await signed_up()
    token = client.cookies[COOKIE]
    assert (await client.post("/api/v1/auth/sign-out")).status_code == 204
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, token)
    assert (await client.get("/api/v1/auth/me")).status_code == 401
    assert (await gestral.client().post("/api/v1/auth/sign-out")).status_code == 204


async def test_a_session_ends_by_idleness(gestral: Kit, signed_up: SignedUp) -> None:
    client = await signed_up()
    gestral.clock.turn(days=6)
    assert (await client.get("/api/v1/auth/me")).status_code == 200
    gestral.clock.turn(days=6)
    assert (await client.get("/api/v1/auth/me")).status_code == 200
    gestral.clock.turn(days=7)
    assert (await client.get("/api/v1/auth/me")).status_code == 401


async def test_a_session_ends_by_age_however_much_it_is_used(
    gestral: Kit, signed_up: SignedUp
) -> None:
    client = await signed_up()
    for _ in range(5):
        gestral.clock.turn(days=5)
        assert (await client.get("/api/v1/auth/me")).status_code == 200
    gestral.clock.turn(days=5)
    assert (await client.get("/api/v1/auth/me")).status_code == 401


async def test_who_is_no_longer_a_member_is_out_at_once(gestral: Kit, signed_up: SignedUp) -> None:
    client = await signed_up()
    async with gestral.across_organisations() as session:
        for row in await session.scalars(select(Membership)):
            await session.delete(row)
    assert (await client.get("/api/v1/auth/me")).status_code == 401


async def test_a_change_of_role_holds_from_the_next_request(
    gestral: Kit, signed_up: SignedUp
) -> None:
    client = await signed_up()
    async with gestral.across_organisations() as session:
        await session.execute(update(Membership).values(role="viewer"))
    assert (await client.get("/api/v1/auth/me")).json()["organisation"]["role"] == "viewer"


async def test_guessing_one_account_is_stopped_even_with_the_right_password(
    gestral: Kit, signed_up: SignedUp
) -> None:
    await signed_up()
    for _ in range(3):
        assert (await sign_in(gestral.client(), password="a wrong guess")).status_code == 401
    stopped = await sign_in(gestral.client())
    assert (stopped.status_code, stopped.json()["code"]) == (429, "rate-limited")
    assert "15 minutes" in stopped.json()["hint"]
    gestral.clock.turn(minutes=15)
    assert (await sign_in(gestral.client())).status_code == 200


async def test_guessing_many_at_once_does_not_get_past_the_limit(
    gestral: Kit, signed_up: SignedUp
) -> None:
    await signed_up()
    guesses = [sign_in(gestral.client(), password=f"guess number {n}") for n in range(5)]
    codes = sorted(answer.status_code for answer in await asyncio.gather(*guesses))
    assert codes == [401, 401, 401, 429, 429]


async def test_signing_in_renews_a_hash_of_old_parameters(
    gestral: Kit, signed_up: SignedUp
) -> None:
    await signed_up()
    older = Passwords(AuthSettings(argon2_memory_kib=32))
    old_hash = await older.hash(PASSWORD)
    await older.aclose()
    async with gestral.across_organisations() as session:
        await session.execute(update(UserAccount).values(password_hash=old_hash))
    assert (await sign_in(gestral.client())).status_code == 200
    async with gestral.across_organisations() as session:
        kept = await session.scalar(select(UserAccount.password_hash))
    assert kept is not None
    assert "m=64," in kept
    assert (await sign_in(gestral.client())).status_code == 200


async def test_another_password_signs_out_everywhere(gestral: Kit, signed_up: SignedUp) -> None:
    client = await signed_up()
    await set_password(gestral.platform, "Ada@example.com", "a wren over warm sand")
    assert (await client.get("/api/v1/auth/me")).status_code == 401
    assert (await sign_in(client)).status_code == 401
    assert (await sign_in(client, password="a wren over warm sand")).status_code == 200


async def test_an_unknown_account_is_stopped_in_the_same_way(gestral: Kit) -> None:
    codes = [(await sign_in(gestral.client())).status_code for _ in range(4)]
    assert codes == [401, 401, 401, 429]


async def test_one_network_cannot_try_many_accounts(gestral: Kit) -> None:
    codes = [
        (await sign_in(gestral.client(), email=f"n{number}@example.com")).status_code
        for number in range(7)
    ]
    assert codes == [401] * 6 + [429]


async def test_signing_in_rightly_is_not_counted(gestral: Kit, signed_up: SignedUp) -> None:
    client = await signed_up()
    for _ in range(8):
        assert (await sign_in(client)).status_code == 200


async def test_one_network_cannot_sign_up_without_end(gestral: Kit) -> None:
    codes = [
        (await sign_up(gestral.client(), f"n{number}@example.com")).status_code
        for number in range(7)
    ]
    assert codes == [201] * 6 + [429]


async def test_a_page_of_another_site_cannot_sign_anybody_in(gestral: Kit) -> None:
    answer = await gestral.client().post(
        "/api/v1/auth/sign-in",
        json={"email": "ada@example.com", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403


async def test_members_are_known_to_other_plugins(gestral: Kit, signed_up: SignedUp) -> None:
    me = (await (await signed_up()).get("/api/v1/auth/me")).json()
    members = gestral.platform.get(MEMBERS)
    async with gestral.across_organisations() as session:
        (member,) = await members.members(session, uuid.UUID(me["organisation"]["id"]))
        assert await members.members(session, uuid.uuid4()) == ()
        assert await members.demo_organisation(session) is None
    assert (member.email, member.role) == ("ada@example.com", "owner")
    assert gestral.platform.get(CURRENT_USER) is not None


async def test_the_demonstration_is_made_once_and_its_password_lets_in(gestral: Kit) -> None:
    (line,) = await demo(gestral.platform)
    assert await demo(gestral.platform) == (line,)
    words = line.split()
    answer = await sign_in(gestral.client(), words[3], words[-1])
    assert answer.status_code == 200
    assert answer.json()["organisation"]["name"] == "Demo"
    async with gestral.across_organisations() as session:
        found = await gestral.platform.get(MEMBERS).demo_organisation(session)
    assert str(found) == answer.json()["organisation"]["id"]


async def test_what_is_over_is_tidied_away(gestral: Kit, signed_up: SignedUp) -> None:
    await signed_up()
    await sign_in(gestral.client(), password="a wrong guess")
    gestral.clock.turn(days=31)
    async with gestral.across_organisations() as session:
        await gestral.platform.get(JOBS).enqueue(session, TIDY, Tidy())
    await gestral.run_jobs()
    async with gestral.across_organisations() as session:
        assert (await session.scalars(select(SignInSession))).all() == []
        assert (await session.scalars(select(Attempt))).all() == []


class TestClosed:
    """A platform where nobody can make an account."""

    @pytest.fixture
    def gestral_environment(self) -> dict[str, str]:
        return {"GESTRAL_AUTH_SIGN_UP": "false"}

    async def test_sign_up_is_refused_and_says_so_before(self, gestral: Kit) -> None:
        client = gestral.client()
        assert (await client.get("/api/v1/auth/sign-up")).json() == {"open": False}
        answer = await sign_up(client)
        assert (answer.status_code, answer.json()["code"]) == (403, "sign-up-closed")


class TestBehindAProxy:
    """A platform with one load balancer in front."""

    @pytest.fixture
    def gestral_environment(self) -> dict[str, str]:
        return {
            "GESTRAL_AUTH_ARGON2_MEMORY_KIB": "64",
            "GESTRAL_AUTH_ATTEMPTS_PER_NETWORK": "2",
            "GESTRAL_AUTH_PROXIES": "1",
        }

    async def test_a_network_is_what_the_proxy_saw_and_not_what_the_client_claims(
        self, gestral: Kit
    ) -> None:
        codes = []
        for number in range(4):
            client = gestral.client()
            seen = "203.0.113.7" if number < 3 else "203.0.113.8"
            client.headers["X-Forwarded-For"] = f"198.51.100.{number}, {seen}"
            answer = await sign_in(client, email=f"n{number}@example.com")
            codes.append(answer.status_code)
        assert codes == [401, 401, 429, 401]
