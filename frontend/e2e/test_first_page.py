"""The first page on the running platform: from signing up to the finished video, and out again."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

MAKING_MS = 300_000
"""For a short video, on a machine that does other things too. Nothing waits so long in vain."""

PASSWORD = "seven lively otters"

POST = """
<!doctype html><html lang="en"><head><title>How our bakery keeps its starter alive</title></head>
<body><article>
<h1>How our bakery keeps its starter alive</h1>
<p>Our sourdough starter has been alive for twelve years. We feed it every morning with equal
parts of flour and water.</p>
<h2>What we learned</h2>
<p>A starter that smells of apples is hungry.</p>
<ul><li>Use a clean jar.</li><li>Never use all of it.</li></ul>
</article></body></html>
"""

PLAY = """film => new Promise((resolve, reject) => {
    film.addEventListener("error", () => reject(film.error.message));
    film.addEventListener("timeupdate", () => film.currentTime > 0.3 && resolve());
    film.muted = true;
    film.play().catch(reject);
})"""

CAPTIONS = """film => new Promise((resolve, reject) => {
    const element = film.querySelector("track");
    const text = () => resolve([...element.track.cues].map((cue) => cue.text).join(" "));
    if (element.readyState === HTMLTrackElement.LOADED) text();
    element.addEventListener("load", text);
    element.addEventListener("error", () => reject("the captions did not load"));
})"""

WORKING_PANEL = """customElements.define("gestral-video-videos", class extends HTMLElement {
    static hostVersion = 1;
})"""

BROKEN_PANELS = {
    "throws": """customElements.define("gestral-video-videos", class extends HTMLElement {
        static hostVersion = 1;
        connectedCallback() { throw new Error("no flour today"); }
    })""",
    "is too new": """customElements.define("gestral-video-videos", class extends HTMLElement {
        static hostVersion = 2;
    })""",
    "defines nothing": "export {}",
    "comes from elsewhere": 'import "https://cdn.example/panel.js"',
}


def sign_up(page: Page, email: str) -> None:
    page.goto("/")
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("Name").fill("Ada Baker")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_role("heading", name="Videos", exact=True)).to_be_visible()


def assert_accessible(page: Page, axe: str) -> None:
    """Let axe-core judge the page in both themes; the browser runs it outside the page's policy."""
    page.evaluate(axe)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        result: dict[str, Any] = page.evaluate("axe.run()")
        found = [
            f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}"
            for one in result["violations"]
            if one["impact"] in {"serious", "critical"}
        ]
        assert not found, f"{page.url} in the {theme} theme: {found}"
    page.emulate_media(color_scheme="light")


def test_a_post_becomes_a_video_that_is_watched_and_downloaded(
    page: Page, complaints: list[str], axe: str, tmp_path: Path
) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert_accessible(page, axe)
    sign_up(page, "journey@example.org")
    expect(page.get_by_text("Your videos will be here")).to_be_visible()

    post = tmp_path / "post.html"
    post.write_text(POST)
    page.get_by_label("Or of a file").set_input_files(post)
    page.get_by_text("Off", exact=True).click()
    page.get_by_role("button", name="Make video").click()
    card = page.get_by_role("listitem").filter(has_text="How our bakery keeps its starter alive")
    expect(card.get_by_role("progressbar")).to_be_visible(timeout=MAKING_MS)
    assert_accessible(page, axe)

    # People may leave while it is made, and come back.
    page.reload()
    expect(card.get_by_text("Ready")).to_be_visible(timeout=MAKING_MS)
    assert_accessible(page, axe)
    card.get_by_role("link").click()

    film = page.locator("video")
    expect(film).to_be_visible()
    assert_accessible(page, axe)
    film.evaluate(PLAY)
    width, height = film.evaluate("film => [film.videoWidth, film.videoHeight]")
    assert width / height == pytest.approx(16 / 9, rel=0.01)
    assert "starter" in re.sub(r"<[^>]*>", "", film.evaluate(CAPTIONS))

    for name, start in (("Video (MP4)", b"ftyp"), ("Captions (WebVTT)", b"WEBVTT")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert start in download.value.path().read_bytes()[:16]

    page.get_by_role("link", name="Settings").click()
    assert_accessible(page, axe)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.request.get("/api/v1/video/videos").status == 401
    assert complaints == []


def test_a_video_can_be_cancelled_tried_again_and_deleted(
    page: Page, complaints: list[str], tmp_path: Path
) -> None:
    sign_up(page, "cancel@example.org")
    post = tmp_path / "post.html"
    post.write_text(POST)
    page.get_by_label("Or of a file").set_input_files(post)
    page.get_by_role("button", name="Make video").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled")).to_be_visible(timeout=MAKING_MS)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("link", name="How our bakery").click()
    page.get_by_role("button", name="Delete this video").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Your videos will be here")).to_be_visible()
    assert complaints == []


def test_what_is_refused_is_explained_and_nothing_typed_is_lost(page: Page) -> None:
    sign_up(page, "refused@example.org")
    address = page.get_by_label("Make a video of a post")
    address.fill("http://127.0.0.1/post")
    page.get_by_role("button", name="Make video").click()
    alert = page.get_by_role("alert").filter(has_text=re.compile(r"\w"))
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("127.0.0.1")
    expect(address).to_have_value("http://127.0.0.1/post")


def test_an_ended_session_leads_to_signing_in_and_back_to_the_same_page(page: Page) -> None:
    sign_up(page, "expired@example.org")
    page.context.clear_cookies()
    page.get_by_label("Make a video of a post").fill("https://blog.example/post")
    page.get_by_role("button", name="Make video").click()
    expect(page.get_by_text("You have been signed out")).to_be_visible()
    page.get_by_label("E-mail").fill("expired@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Videos", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("/video/videos$"))


def test_a_wrong_password_is_explained_without_telling_who_has_an_account(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("password")
    expect(page.get_by_label("E-mail")).to_have_value("nobody@example.org")


@pytest.mark.parametrize("module", BROKEN_PANELS.values(), ids=BROKEN_PANELS)
def test_a_broken_panel_leaves_the_rest_alive(page: Page, module: str) -> None:
    page.route(
        "**/panels/video/videos.js",
        lambda route: route.fulfill(body=module, content_type="text/javascript"),
    )
    page.route(
        "https://cdn.example/**",
        lambda route: route.fulfill(
            body=WORKING_PANEL,
            content_type="text/javascript",
            headers={"Access-Control-Allow-Origin": "*"},
        ),
    )
    response = page.request.post(
        "/api/v1/auth/sign-up",
        data={"email": f"{uuid.uuid4()}@example.org", "password": PASSWORD, "name": "Ada"},
    )
    assert response.ok
    page.goto("/video/videos")
    expect(page.get_by_role("heading", name="“Videos” cannot be shown")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("plugin “video”")
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_the_pages_fit_a_phone_and_are_used_by_keyboard_alone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_up(page, "phone@example.org")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    page.reload()
    expect(page.get_by_role("heading", name="Videos", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Make a video of a post")).to_be_focused()
    page.keyboard.type("https://127.0.0.1/")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_be_focused()
