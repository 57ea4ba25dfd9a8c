"""Which mail a person gets is theirs to say, in one click and without signing in."""

import re

from gestral.testing.kit import Kit

from .conftest import MailServer
from .test_mail import parsed, send

CONTEXT = {"name": "Ada"}
NEWS = "greeter/news"


def link(mail_server: MailServer) -> str:
    """The path that the latest mail's header names."""
    header = parsed(mail_server.seen[-1])["List-Unsubscribe"]
    found = re.fullmatch(r"<https?://[^/]+(/\S+)>", header)
    assert found is not None
    return found[1]


async def test_one_click_ends_mail_of_a_topic_and_no_other(
    gestral: Kit, mail_server: MailServer
) -> None:
    await send(gestral, template=NEWS)
    await gestral.run_jobs()
    message = parsed(mail_server.seen[0])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = link(mail_server)
    text, html = message.iter_parts()
    assert path in text.get_content()
    assert path in html.get_content()
    nobody = gestral.client()
    page = await nobody.get(path)
    assert page.status_code == 200
    assert "News of greeters" in page.text
    await send(gestral, template=NEWS, key="looking is not ending")
    await gestral.run_jobs()
    assert len(mail_server.seen) == 2
    form = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        answer = await nobody.post(path, data=form)
        assert answer.status_code == 200, answer.text
    await send(gestral, to="Ada@EXAMPLE.com", template=NEWS, key="after")
    await send(gestral, key="another kind")
    await send(gestral, to="bob@example.com", template=NEWS, key="another person")
    await gestral.run_jobs()
    assert [parsed(content)["To"] for content in mail_server.seen[2:]] == [
        "ada@example.com",
        "bob@example.com",
    ]


async def test_mail_about_the_account_cannot_be_unsubscribed_from(
    gestral: Kit, mail_server: MailServer
) -> None:
    await send(gestral)
    await gestral.run_jobs()
    message = parsed(mail_server.seen[0])
    assert message["List-Unsubscribe"] is None
    ada = gestral.user("email:preferences", name="Ada")
    answer = await gestral.client(ada).put(
        "/api/v1/email/preferences/greeter/hello", json={"wanted": False}
    )
    assert answer.status_code == 404


async def test_a_changed_link_ends_nothing(gestral: Kit, mail_server: MailServer) -> None:
    await send(gestral, template=NEWS)
    await gestral.run_jobs()
    path = link(mail_server)
    changed = path[:-1] + ("A" if path[-1] != "A" else "B")
    for wrong in (changed, path[:-9], "/api/v1/email/unsubscribe/x"):
        answer = await gestral.client().post(wrong)
        assert answer.status_code == 403
        assert answer.json()["code"] == "unsubscribe-forged"
    await send(gestral, template=NEWS, key="next")
    await gestral.run_jobs()
    assert len(mail_server.seen) == 2


async def test_settings_show_and_change_what_the_link_did(
    gestral: Kit, mail_server: MailServer
) -> None:
    ada = gestral.user("email:preferences", name="Ada")
    eve = gestral.user("email:preferences", name="Eve")
    await send(gestral, to=ada.email, template=NEWS)
    await gestral.run_jobs()
    await gestral.client().post(link(mail_server))

    async def shown(person: object) -> list[tuple[str, bool]]:
        answer = await gestral.client(person).get("/api/v1/email/preferences")  # type: ignore[arg-type]
        return [(one["template"], one["wanted"]) for one in answer.json()["topics"]]

    assert await shown(ada) == [(NEWS, False)]
    assert await shown(eve) == [(NEWS, True)]
    address = f"/api/v1/email/preferences/{NEWS}"
    assert (await gestral.client(ada).put(address, json={"wanted": True})).status_code == 204
    assert await shown(ada) == [(NEWS, True)]
    await send(gestral, to=ada.email, template=NEWS, key="wanted again")
    await gestral.run_jobs()
    assert len(mail_server.seen) == 2


async def test_an_organisation_sends_no_more_than_the_operator_allows(
    gestral: Kit, mail_server: MailServer
) -> None:
    from sqlalchemy import select

    from gestral_email.models import Message

    ada, bob = gestral.user(name="Ada"), gestral.user(name="Bob")
    for number in range(7):
        await send(gestral, key=f"{number}", organisation_id=ada.organisation_id)
    await send(gestral, key="other", organisation_id=bob.organisation_id)
    await send(gestral, key="nobody's")
    await gestral.run_jobs()
    assert len(mail_server.seen) == 5 + 2
    async with gestral.transaction(ada.organisation_id) as session:
        states = (await session.scalars(select(Message.state))).all()
    assert (states.count("sent"), states.count("failed")) == (5, 2)
    gestral.clock.turn(days=1, hours=2)
    await send(gestral, key="next day", organisation_id=ada.organisation_id)
    await gestral.run_jobs()
    assert len(mail_server.seen) == 8
