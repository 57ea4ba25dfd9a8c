"""What a person reads, and what a template cannot do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral.errors import PluginError
from gestral_email.templates import Templates

HERE = Path(__file__).parent / "templates"


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates({"greeter": HERE}, public_url="https://gestral.example")


def written(folder: Path, **parts: str) -> Templates:
    """Return templates with one, `x/mail`, of the given parts."""
    (folder / "mail").mkdir()
    for name, text in {"subject": "s", "body": "b", "html": "<p>h</p>", **parts}.items():
        file = {"subject": "subject.txt", "body": "body.txt", "html": "body.html"}[name]
        (folder / "mail" / file).write_text(text)
    return Templates({"x": folder}, public_url="https://gestral.example")


def test_a_mail_has_text_and_a_page_of_the_shared_layout(templates: Templates) -> None:
    mail = templates.render(
        "greeter/hello", {"name": "Ada", "address": "https://a.example/?x=1&y=2"}
    )
    assert mail.subject == "Hello Ada"
    assert mail.text == "Hello Ada: https://a.example/?x=1&y=2\n"
    assert "<p>Hello Ada</p>" in mail.html
    assert 'href="https://a.example/?x=1&amp;y=2"' in mail.html
    assert "<title>Hello Ada</title>" in mail.html
    assert "https://gestral.example" in mail.html
    assert "prefers-color-scheme: dark" in mail.html
    assert "{{" not in mail.html
    assert "{%" not in mail.html


def test_opening_a_mail_asks_nobody_for_anything(templates: Templates) -> None:
    mail = templates.render("greeter/hello", {"name": "Ada", "address": "https://a.example/"})
    assert "<img" not in mail.html
    assert "<link" not in mail.html
    assert "@import" not in mail.html
    assert "url(" not in mail.html


@given(name=st.text(min_size=1, max_size=80))
def test_no_value_becomes_markup_or_a_second_header(name: str) -> None:
    templates = Templates({"greeter": HERE}, public_url="https://gestral.example")
    mail = templates.render("greeter/hello", {"name": f"<b onx={name}>", "address": "https://a.b"})
    assert "<b onx" not in mail.html
    assert len(mail.subject.splitlines()) == 1


def test_a_missing_value_is_an_error(templates: Templates) -> None:
    with pytest.raises(PluginError, match="'address' is undefined"):
        templates.render("greeter/hello", {"name": "Ada"})


@pytest.mark.parametrize(
    "name",
    ["greeter/nothing", "nobody/hello", "hello", "../hello", "greeter/../hello", "a/b/c", ""],
)
def test_a_template_that_is_not_there_is_an_error(templates: Templates, name: str) -> None:
    with pytest.raises(PluginError):
        templates.render(name, {"name": "Ada", "address": ""})


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ name.__init__.__globals__ }}",
        "{% set _ = items.append(1) %}",
        "{{ unclosed",
    ],
)
def test_a_template_cannot_leave_its_sandbox(tmp_path: Path, source: str) -> None:
    with pytest.raises(PluginError):
        written(tmp_path, body=source).render("x/mail", {"name": "Ada", "items": []})


def test_a_mail_is_in_the_language_that_is_asked_for_or_english(templates: Templates) -> None:
    german = templates.render("greeter/news", {"name": "Zoë"}, language="de-AT", unsubscribe="u")
    assert (german.subject, german.language) == ("Neues für Zoë", "de")
    assert '<html lang="de"' in german.html
    assert "Gesendet von Gestral" in german.html
    assert "Neues von Grüßenden" in german.html
    assert "Abbestellen: u" in german.text
    for asked in ("", "en-GB", "fr", "../de", "de/../x"):
        english = templates.render("greeter/news", {"name": "Zoë"}, language=asked)
        assert (english.subject, english.language) == ("News for Zoë", "en")
    untranslated = templates.render(
        "greeter/hello", {"name": "Zoë", "address": "https://a.example/"}, language="de"
    )
    assert "Sent by Gestral" in untranslated.html


def test_every_shipped_template_has_an_example_that_fills_it(templates: Templates) -> None:
    """What plugins that are installed bring: in every language that they bring it in."""
    from importlib.metadata import entry_points

    folders = {
        point.name: plugin.mail_templates
        for point in entry_points(group="gestral.plugins")
        if (plugin := point.load()).mail_templates is not None
    }
    shipped = Templates(folders, public_url="https://gestral.example")
    for language in ("en", "de"):
        page = shipped.gallery(shipped.names(), language)
        assert page.count("<section>") == len(shipped.names())
