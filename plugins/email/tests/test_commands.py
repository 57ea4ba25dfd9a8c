"""What an operator does about mail by hand."""

from pathlib import Path

import pytest

from gestral.errors import InputError, JobError
from gestral.testing.kit import Kit
from gestral_email.preview import send_test, write_previews

from .conftest import MailServer
from .test_mail import only_message, parsed, send


async def test_previews_show_every_template_filled_in(gestral: Kit, tmp_path: Path) -> None:
    page = write_previews(gestral.platform, tmp_path / "out", (), "")
    text = page.read_text()
    assert "Hello Ada" in text
    assert "News for Ada" in text
    page = write_previews(gestral.platform, tmp_path / "out", ("greeter/news",), "de")
    assert "Neues für Ada" in page.read_text()
    assert "Hello Ada" not in page.read_text()
    with pytest.raises(InputError, match="no mail template 'greeter/none'"):
        write_previews(gestral.platform, tmp_path / "out", ("greeter/none",), "")


async def test_a_test_mail_says_what_became_of_it(gestral: Kit, mail_server: MailServer) -> None:
    assert await send_test(gestral.platform, "ops@example.com") == "The transport smtp accepted it."
    assert parsed(mail_server.seen[0])["To"] == "ops@example.com"
    mail_server.answers["RCPT"] = "550 5.7.1 Not here"
    with pytest.raises(JobError, match=r"550.*Not here"):
        await send_test(gestral.platform, "ops@example.com")


async def test_an_address_that_its_server_does_not_know_gets_mail_again_once_lifted(
    gestral: Kit, mail_server: MailServer
) -> None:
    from gestral_email.suppression import lift, why_suppressed

    mail_server.answers["RCPT"] = "550 5.1.1 No such user"
    await send(gestral)
    await gestral.run_jobs()
    assert (await only_message(gestral)).state == "failed"
    mail_server.answers.clear()
    await send(gestral, key="second")
    await gestral.run_jobs()
    assert mail_server.received == []
    async with gestral.platform.across_organisations() as session:
        assert "no such mailbox" in await why_suppressed(session, "ADA@example.com")
        assert await lift(session, "ada@example.com")
        assert not await lift(session, "ada@example.com")
    await send(gestral, key="third")
    await gestral.run_jobs()
    assert len(mail_server.received) == 1
