"""Text of the whole world: every letter is drawn, in its direction; lines break where they may."""

# ruff: noqa: E501, RUF001  # letters that look like others are what this file is about

import unicodedata
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gestral_video.render import fonts
from gestral_video.render.fonts import lost_letters, shown, with_families
from gestral_video.render.raster import skia
from gestral_video.render.shots import make_shot
from gestral_video.render.stage import stage
from gestral_video.render.styles import STYLES
from gestral_video.render.text import Face, Run, draw_line, fit, line_width
from gestral_video.segmentation import letters
from gestral_video.storyboard.storyboard import (
    ClosingScene,
    CodeScene,
    Cue,
    CueWord,
    ListScene,
    QuoteScene,
    Scene,
    TextScene,
    TitleScene,
)

SCRIPTS = {
    "Arabic": "كل الناس أحرار ومتساوون، والعقل 2025 نور.",
    "Persian": "همهٔ مردم آزادند و گچ‌پژ می‌نویسند.",
    "Urdu": "ہر شخص آزاد ہے، ٹھیک ہے؟",
    "Hebrew": "כל בני האדם שווים, וְזֶה טוֹב.",
    "Armenian": "Բոլոր մարդիկ ազատ են։",
    "Georgian": "ყველა ადამიანი თავისუფალია. ᲥᲐᲠᲗᲣᲚᲘ",
    "Greek": "Όλοι οι άνθρωποι είναι ελεύθεροι· ἄνθρωπος ᾧ",
    "Cyrillic": "Все люди свободны. Їжак, Ђорђе, Қазақ, Ӓӧ",
    "Latin": "Ħamsa ċwieċ, Łódź, Þór, İstanbul, ẹ̀kọ́, Việt Nam, ʻokina, ŋɛɔ",
    "Devanagari": "सभी मनुष्य स्वतंत्र हैं। क्षत्रिय, ज्ञान",
    "Bengali": "সকল মানুষ স্বাধীন। ক্ষমতা",
    "Gurmukhi": "ਸਾਰੇ ਮਨੁੱਖ ਆਜ਼ਾਦ ਹਨ।",
    "Gujarati": "બધા માણસો સ્વતંત્ર છે.",
    "Oriya": "ସମସ୍ତ ମଣିଷ ସ୍ୱାଧୀନ।",
    "Tamil": "எல்லா மனிதர்களும் சுதந்திரமானவர்கள்.",
    "Telugu": "మనుషులందరూ స్వేచ్ఛగా ఉన్నారు.",
    "Kannada": "ಎಲ್ಲಾ ಮಾನವರು ಸ್ವತಂತ್ರರು.",
    "Malayalam": "എല്ലാ മനുഷ്യരും സ്വതന്ത്രരാണ്.",
    "Sinhala": "සියලු මිනිසුන් නිදහස් ය. ශ්‍රී",
    "Thai": "ทุกคนเกิดมามีอิสระและเท่าเทียมกัน",
    "Lao": "ທຸກຄົນເກີດມາມີອິດສະຫຼະ",
    "Khmer": "មនុស្សទាំងអស់មានសេរីភាព",
    "Burmese": "လူတိုင်း လွတ်လပ်သည်။",
    "Tibetan": "མི་ཚང་མ་རང་དབང་ཡོད།",
    "Ethiopic": "ሰዎች ሁሉ ነጻ ናቸው።",
    "Cherokee": "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ",
    "Inuktitut": "ᐃᓄᒃᑎᑐᑦ",
    "Simplified Chinese": "人人生而自由，在尊严和权利上一律平等。",
    "Traditional Chinese": "人人生而自由，在尊嚴和權利上一律平等。臺灣龜",
    "Japanese": "すべての人間は、生まれながらにして自由である。カタカナ「ー」",
    "Korean": "모든 인간은 태어날 때부터 자유롭다. 꽃뷁",
    "Rare ideographs": "㐂𠮷𩸽堃喆",
    "Mathematics": "∀x ∈ ℝ: ∑ aᵢ² ≤ √(π·∞) ⇒ ∂f/∂x ≠ ∮ 𝔸 𝛼 ⟨ψ|φ⟩ ⊗",
    "Signs": "→ ✓ ✗ ★ ☺ ♥ ⌘ ⏎ ▶ ■ № § ‰ € ₹ ₿ © ™ ♫ ⚠",
    "Emoji": "😀 👍🏽 👨‍👩‍👧 🇩🇪 🏳️‍🌈 1️⃣ ❤️ 🧑🏿‍🚀 🫠 ☎️",
}

NAUGHTY = [
    # Nothing, spaces, controls
    "", " ", "\t\n\r", "\u00a0\u2003\u3000", "a\x00b\x07c\x1bd", "\ufeffbyte order mark", "\u200b\u200b",
    "soft\u00adhyphen", "line\u2028separator\u2029here", "\u180e\u2060\u2063", "a\u0085b",
    # Not characters, private, unassigned, halves of pairs
    "\ufffe\uffff", "\ue000\uf8ff", "\U000e0001\U000e0041", "\u0378\u0379", "half \ud83d pair", "\ufffd",
    # Marks without end, without a base, in the wrong place
    "\u0301\u0301 alone", "Z̴̢̛͖̪̮a̶̛l̵g̷o̴ ţ̴ḛ̶x̸t̵", "e" + "\u0301" * 60, "क" + "्" * 20, "ก" + "้" * 30, "\u0bbe\u0bc6",
    # Direction
    "\u202ereversed\u202c", "\u2066isolate\u2069", "العربية then English ثم", "abc עברית 123 def", "(שלום)!",
    "مرحبا 123-456 مرحبا", "\u200f", "12 ٣٤ ۵۶ ४५", "٪ ؟ ، ؛",
    # Emoji
    "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇦🇧🇨", "👍🏻👍🏿", "‍", "\ufe0f\ufe0f", "1\ufe0f", "©️®️", "☃︎☃️", "#️⃣*️⃣", "😀" * 80,
    # Markup and code
    "<script>alert(1)</script>", "&lt;b&gt; &amp;amp;", "{{7*7}} ${x} %s %n", "'; DROP TABLE posts; --",
    "-->", "{\\an8}<i>x</i>", "\\u0041 \\x41", "../../etc/passwd", "a=b&c=d#e", "`rm -rf`",
    # Length and shape
    "W" * 300, "i" * 300, "x" * 5000, "a-" * 200, "https://example.com/" + "long/" * 60, ". . . . .", "!!!???",
    "ﷺ ﷽", "㌖㍿", "ﬁ ﬀ ĳ ǆ", "½ ⅓ ² ₂ ①", "𝕳𝖊𝖑𝖑𝖔 𝓌𝑜𝓇𝓁𝒹", "ᴀʙᴄ ˢᵘᵖ", "ⓗⓔⓛⓛⓞ", "Ｆｕｌｌ ｗｉｄｔｈ", "ﾊﾝｶｸ",
    # Scripts that no font here has
    "𒀀𒀁𒀂 cuneiform", "𓀀𓀁 hieroglyphs", "𐎀𐎁", "ꦲꦏ꧀ꦱꦫ", "ꯃꯤꯇꯩ", "ߒߞߏ", "ⵜⵉⴼⵉⵏⴰⵖ", "ᠮᠣᠩᠭᠣᠯ",
]  # fmt: skip


@pytest.fixture(autouse=True)
def only_shipped_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the machine has installed must not be what makes these tests pass."""
    monkeypatch.setattr(fonts._Fonts, "of_system", lambda *_: "")
    fonts._extra_family.cache_clear()
    fonts._drawable.cache_clear()
    yield
    fonts._extra_family.cache_clear()
    fonts._drawable.cache_clear()


def tofu(text: str, family: fonts.Family = "sans", weight: int = 600) -> list[str]:
    """The letters that would be drawn as a box: those that none of their fonts has whole."""
    boxes = []
    for piece, names in with_families(shown(text, family, weight), family, weight):
        faces = [fonts._fonts().typefaces[name] for name in names]
        for letter in letters(piece):
            seen = [
                c
                for c in letter
                if unicodedata.category(c) not in {"Cc", "Cf", "Zs"} and c not in "\ufe0e\ufe0f"
            ]
            if not any(all(face.unicharsToGlyphs([ord(c)])[0] for c in seen) for face in faces):
                boxes.append(letter)
    return boxes


@pytest.mark.parametrize("family", ["sans", "serif", "mono"])
@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_every_letter_of_a_living_script_is_drawn(text: str, family: fonts.Family) -> None:
    plain = unicodedata.normalize("NFC", text).replace("\ufe0f", "")
    assert shown(text, family, 600).replace("\ufe0f", "") == plain
    assert tofu(text, family) == []


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_text_is_drawn_as_boxes_or_stops_the_drawing(text: str) -> None:
    assert tofu(text) == []
    for scene in scenes(text):
        make_shot(scene, stage("9:16", 0.1), STYLES["daylight"], "karaoke").at(1.0)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=30) | st.text(st.characters(categories=["M", "So", "Cf", "L"]), max_size=12),
    st.sampled_from(["sans", "mono"]),
)
def test_no_text_at_all_is_drawn_as_boxes(text: str, family: fonts.Family) -> None:
    assert tofu(text, family) == []


def scenes(text: str) -> list[Scene]:
    words = tuple(
        CueWord(text=word, start=0.1 * i, end=0.1 * i + 0.1) for i, word in enumerate(text.split())
    )
    cues = (Cue(sentence_id="s1", text=" ".join(text.split()), end=3.0, words=words),)
    return [
        TitleScene(id="c1", duration=3.0, title=text, site_name=text, detail=text),
        TextScene(id="c2", duration=3.0, lines=(" ".join(text.split()),), heading=text, cues=cues),
        QuoteScene(id="c3", duration=3.0, text=text, author=text),
        ListScene(id="c4", duration=3.0, items=(text, "b"), item_starts=(0.0, 1.0), cues=cues),
        CodeScene(id="c5", duration=3.0, code=text, cues=cues),
        ClosingScene(id="c6", duration=3.0, site_name=text, address=text),
    ]


def test_a_run_of_letters_that_no_font_has_becomes_an_ellipsis_and_is_told() -> None:
    text = "The word \U00012000\U00012001\U00012002 is Sumerian \ue000."
    assert shown(text, "sans", 600) == "The word … is Sumerian ."
    assert lost_letters(text) == ("\U00012000", "\U00012001", "\U00012002")
    assert lost_letters("naïve 漢字 👍🏽 e\u0301\u0302\u0303 \x00") == ()


def drawn(text: str, *, leftwards: bool | None = None) -> np.ndarray:
    """The ink of a line, black on nothing, as coverage."""
    pixels = np.zeros((120, 1600, 4), np.uint8)
    with skia.Surface(pixels) as canvas:
        draw_line(
            canvas, 20, 10, [Run(text, 0xFF000000)], Face("sans", 600, 60), leftwards=leftwards
        )
    return pixels


def ink(pixels: np.ndarray) -> np.ndarray:
    """The columns in which something is drawn."""
    return np.flatnonzero(pixels[..., 3].any(axis=0))


def test_emoji_are_drawn_in_colour_and_text_is_not() -> None:
    assert np.ptp(drawn("😀")[..., :3].astype(int), axis=2).max() > 100
    assert np.ptp(drawn("❤️")[..., :3].astype(int), axis=2).max() > 100
    assert np.ptp(drawn("a ✓ ∑ 漢")[..., :3].astype(int), axis=2).max() == 0


@pytest.mark.parametrize("sequence", ["👨‍👩‍👧", "🇩🇪", "🏳️‍🌈", "👍🏽", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
def test_an_emoji_of_several_signs_is_one_picture(sequence: str) -> None:
    face = Face("sans", 600, 60)
    assert line_width(sequence, face) <= line_width("😀", face) * 1.25


def test_arabic_letters_join() -> None:
    face = Face("sans", 600, 60)
    apart = sum(line_width(letter, face) for letter in "بيت")
    assert line_width("بيت", face) < apart * 0.9


def test_a_full_stop_stands_at_the_end_of_a_line_in_its_direction() -> None:
    # The same letters: only the full stop changes its side.
    hebrew = "שלום"
    width = line_width(hebrew, Face("sans", 600, 60))
    assert ink(drawn(f"{hebrew}."))[-1] - 20 <= line_width(f"{hebrew}.", Face("sans", 600, 60))
    turned = ink(drawn(f"{hebrew}.", leftwards=True))
    straight = ink(drawn(f"{hebrew}.", leftwards=False))
    first_gap = np.flatnonzero(np.diff(turned) > 1)[0]
    assert turned[first_gap] - turned[0] < width * 0.2
    last_gap = np.flatnonzero(np.diff(straight) > 1)[-1]
    assert straight[-1] - straight[last_gap + 1] < width * 0.2


def test_all_lines_run_as_most_of_the_words_do() -> None:
    text = "שלום Gestral makes films וגם כתוביות יפות לכולם\nGestral 2.0 עם עברית"
    fitted = fit(text, Face("sans", 600, 60), 500, 900, smallest=60)
    assert len(fitted.lines) > 2
    assert all(line.leftwards for line in fitted.lines)
    line = fitted.lines[0]
    assert fitted.left(line, 500) == 500 - line_width(line.text, fitted.face)
    english = fit("שלום is a Hebrew word.", Face("sans", 600, 60), 500, 900, smallest=60)
    assert not any(line.leftwards for line in english.lines)
    assert english.left(english.lines[0], 500) == 0


@pytest.mark.parametrize("text", ["שלום עולם", "مرحبا بالعالم"])
def test_text_from_right_to_left_ends_with_its_room(text: str) -> None:
    for scene in scenes(text):
        shot = make_shot(scene, stage("16:9", 0.2), STYLES["daylight"], "off")
        for placed in shot.placed:
            if placed.what in {"title", "text", "site", "detail", "address"}:
                assert abs(placed.rect.right - placed.room.right) <= 2, placed


@pytest.mark.parametrize(
    ("name", "never"),
    [("Japanese", "。、」ーぁ"), ("Simplified Chinese", "，。"), ("Traditional Chinese", "，。")],
)
def test_no_line_starts_with_a_mark_that_closes(name: str, never: str) -> None:
    for width in range(330, 800, 37):
        fitted = fit(SCRIPTS[name] * 3, Face("sans", 600, 60), width, 9000, smallest=60)
        assert not any(line.text[0] in never for line in fitted.lines[1:])
        assert "".join(line.text for line in fitted.lines) == SCRIPTS[name] * 3


def test_a_short_name_is_not_broken_among_words_with_spaces() -> None:
    text = "From 東京 to 서울에서 and สวัสดี in one line of English"
    for width in range(330, 900, 41):
        fitted = fit(text, Face("sans", 600, 60), width, 9000, smallest=60)
        tokens = {token.strip() for line in fitted.lines for token in line.tokens}
        assert {"東京", "서울에서", "สวัสดี"} <= tokens


def test_thai_and_khmer_break_between_words() -> None:
    fitted = fit(SCRIPTS["Thai"], Face("sans", 600, 60), 420, 900, smallest=60)
    assert len(fitted.lines) > 1
    words = {"ทุก", "คน", "เกิด", "มา", "มี", "อิสระ", "และ", "เท่า", "เทียม", "กัน"}
    for line in fitted.lines:
        assert any(line.text.startswith(word) for word in words), line.text
    khmer = fit(SCRIPTS["Khmer"], Face("sans", 600, 60), 420, 900, smallest=60)
    assert "".join(line.text for line in khmer.lines) == SCRIPTS["Khmer"]
    assert len(khmer.lines) > 1


def test_a_word_too_wide_is_cut_between_letters_as_readers_see_them() -> None:
    for text in ("e\u0301" * 80, "👨‍👩‍👧" * 40, "नमस्ते" * 30):
        fitted = fit(text, Face("sans", 600, 60), 500, 90_000, smallest=60)
        assert [x for line in fitted.lines for x in letters(line.text)] == letters(text)
