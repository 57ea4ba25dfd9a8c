"""The panels that authors begin from: the template's and the tutorial's define what they should."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gestral.cli.template import render

pytestmark = pytest.mark.e2e

TUTORIAL = Path(__file__).parents[2] / "core" / "docs" / "tutorial.md"
HOST = """
([element, answer]) => {
  window.asked = [];
  const panel = document.createElement(element);
  panel.host = {
    version: 1,
    identity: null,
    api: async (path, init) => { window.asked.push([path, init?.json ?? null]); return answer; },
    notify: (text) => { throw new Error(text); },
  };
  document.body.append(panel);
}
"""


def mount(browser: Browser, source: str, element: str, answer: object) -> Page:
    """Mount a panel in an empty page, on a host that gives one answer to every question."""
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_script_tag(content=source, type="module")
    page.evaluate(f"customElements.whenDefined('{element}')")
    page.evaluate(HOST, [element, answer])
    expect(page.get_by_role("listitem").first).to_be_visible()
    assert errors == []
    return page


def test_the_page_of_a_new_plugin_lists_notes_and_takes_one(
    browser: Browser, tmp_path: Path
) -> None:
    source = (render("guestbook", tmp_path) / "gestral_guestbook/panels/notes.js").read_text()
    page = mount(
        browser, source, "gestral-guestbook-notes", {"items": [{"id": "1", "text": "hello"}]}
    )
    expect(page.get_by_role("listitem")).to_have_text(["hello"])
    page.get_by_label("A note").fill("good morning")
    page.get_by_role("button", name="Leave it").click()
    page.wait_for_function("window.asked.length === 3")
    notes = "/api/v1/guestbook/notes"
    assert page.evaluate("window.asked") == [
        [notes, None],
        [notes, {"text": "good morning"}],
        [notes, None],
    ]
    page.close()


def test_the_tutorials_page_lists_popular_notes(browser: Browser) -> None:
    block = re.search(
        r"^```javascript title=.*?\n(.*?)^```$", TUTORIAL.read_text(), re.DOTALL | re.MULTILINE
    )
    assert block is not None
    answer = [{"id": "1", "text": "hello", "likes": 3}]
    page = mount(browser, block[1], "gestral-guestbook-popular", answer)
    expect(page.get_by_role("listitem")).to_have_text(["hello (3)"])
    assert page.evaluate("window.asked") == [["/api/v1/guestbook/popular", None]]
    page.close()
