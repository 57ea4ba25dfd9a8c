"""Reading aloud: a table of cases, and the laws that hold for any text."""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gestral_video.script.alignment import align
from gestral_video.script.spoken import RULES, spoken, spoken_tokens

CASES = [
    # Whole numbers, decimals, signs
    ("It has 5 parts", "It has five parts"),
    ("all 1,234,567 of them", "all one million two hundred thirty-four thousand five hundred "
     "sixty-seven of them"),
    ("about 3.14", "about three point one four"),
    ("agent 007", "agent zero zero seven"),
    ("at -5 now", "at minus five now"),
    ("over 100+ tests", "over one hundred plus tests"),
    ("1e6 rows", "one times ten to the six rows"),
    ("call +1 555-123-4567", "call plus one, five five five, one two three, four five six seven"),
    # Ranges, ordinals, fractions
    ("10–20 people", "ten to twenty people"),
    ("10 - 20 people", "ten to twenty people"),
    ("won 3-2", "won three to two"),
    ("the 1st and 22nd", "the first and twenty-second"),
    ("1/2 of it", "one half of it"),
    ("3/4 of it", "three quarters of it"),
    ("2½ cups", "two and one half cups"),
    ("#1 and No. 5", "number one and Number five"),
    # Dates and times
    ("on Jan. 5, 2024 we", "on January fifth, twenty twenty-four we"),
    ("March 3rd", "March third"),
    ("on 5 May.", "on the fifth of May."),
    ("the 3rd of March 1999", "the third of March, nineteen ninety-nine"),
    ("March 2021", "March twenty twenty-one"),
    ("since 2024-01-05", "since January fifth, twenty twenty-four"),
    ("on 25/12/2019", "on December twenty-fifth, twenty nineteen"),
    ("on 10/12/2019", "on ten twelve twenty nineteen"),
    ("in 1984", "in nineteen eighty-four"),
    ("in 1815", "in eighteen fifteen"),
    ("1905 and 2005", "nineteen oh-five and two thousand five"),
    ("the 1990s", "the nineteen nineties"),
    ("the ’80s", "the eighties"),
    ("1999–2003", "nineteen ninety-nine to two thousand three"),
    ("1024 items", "one thousand twenty-four items"),
    ("5:30 p.m. sharp", "five thirty P.M sharp"),
    ("at 5pm", "at five P.M"),
    ("at 12:00", "at twelve o'clock"),
    ("at 17:05", "at seventeen oh five"),
    # Money and percent
    ("$5", "five dollars"),
    ("$1", "one dollar"),
    ("$3.50", "three dollars and fifty cents"),
    ("$0.99", "ninety-nine cents"),
    ("£1.01", "one pound and one penny"),
    ("$3 million deal", "three million dollars deal"),
    ("US$1.2bn", "one point two billion dollars"),
    ("€5–10", "five to ten euros"),
    ("20 EUR", "twenty euros"),
    ("EUR 20", "twenty euros"),
    ("20 €, please", "twenty euros, please"),
    ("50%", "fifty percent"),
    ("3.5 %", "three point five percent"),
    ("5–10% faster", "five to ten percent faster"),
    # Units
    ("5km", "five kilometers"),
    ("1 km", "one kilometer"),
    ("10–20 ms", "ten to twenty milliseconds"),
    ("3.5GHz", "three point five gigahertz"),
    ("a 64-bit chip", "a sixty-four bit chip"),
    ("120 km/h", "one hundred twenty kilometers per hour"),
    ("-5 °C", "minus five degrees Celsius"),
    ("60fps", "sixty frames per second"),
    ("10x faster", "ten times faster"),
    ("1920×1080", "one thousand nine hundred twenty by one thousand eighty"),
    ("1080p", "ten eighty P"),
    # Versions and names with digits
    ("v8.1", "version eight point one"),
    ("V8 v8.1", "V eight version eight point one"),
    ("Python 3.11", "Python three point eleven"),
    ("release 1.2.3", "release one point two point three"),
    ("127.0.0.1", "one hundred twenty-seven dot zero dot zero dot one"),
    ("ES2020", "ES twenty twenty"),
    ("IPv6", "IPv six"),
    ("x86", "x eighty-six"),
    ("H.264", "H two sixty-four"),
    ("B2B", "B to B"),
    ("i18n", "internationalization"),
    # Abbreviations and acronyms
    ("Dr. Smith", "Doctor Smith"),
    ("St. Paul", "Saint Paul"),
    ("e.g. this", "for example this"),
    ("i.e. that", "that is that"),
    ("cats, dogs, etc.", "cats, dogs, et cetera."),
    ("A vs. B", "A versus B"),
    ("the U.S. and U.K. markets", "the U.S and U.K markets"),
    ("a Ph.D. student", "a P.H.D student"),
    ("an API and JSON", "an API and jason"),
    ("w/o it", "without it"),
    # Addresses
    ("see https://www.example.com/blog/2024/x?y=1.", "see example dot com."),
    ("see example.com/blog", "see example dot com slash blog"),
    ("jane.doe@example.com", "jane dot doe at example dot com"),
    ("#BigData", "hashtag Big Data"),
    ("ask @mozilla", "ask at mozilla"),
    # Code
    ("call foo()", "call foo"),
    ("obj.method()", "obj dot method"),
    ("snake_case", "snake case"),
    ("STANDALONE_API", "standalone API"),
    ("getElementById", "get Element By Id"),
    ("kubectl and nginx", "cube control and engine X"),
    ("C# and C++", "C sharp and C plus plus"),
    (".NET", "dot net"),
    ("Node.js", "Node J.S"),
    ("index.html", "index dot H.T.M.L"),
    ("--watch", "dash dash watch"),
    ("/etc/nginx/nginx.conf", "slash etc slash engine X slash engine X dot conf"),
    ("O(n log n)", "O of n log n"),
    ("O(n²)", "O of n squared"),
    ("emcc -O3 add.wasm", "emcc dash O three add dot wazzum"),
    # Signs
    ("fast - and small -- too", "fast — and small — too"),
    ("COVID-19", "COVID nineteen"),
    ("R&D", "R and D"),
    ("and/or", "and or"),
    ("5 + 3 = 8", "five plus three equals eight"),
    ("~5", "about five"),
    ("< 10", "less than ten"),
    ("x → y", "x to y"),
    ("24/7", "twenty-four seven"),
    ("±2", "plus or minus two"),
    ("party 🎉 time", "party time"),
    ("• point", "point"),
    ("Acme™", "Acme"),
    ("“quoted” — it’s", "\"quoted\" — it's"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "said"), CASES, ids=[written for written, _ in CASES])
def test_it_is_said_as_people_say_it(written: str, said: str) -> None:
    assert spoken(written) == said


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("in Jan. 5, 2024", ["in", "January", "fifth,", "twenty twenty-four"]),
        ("$3 million", ["three", "million dollars"]),
        ("EUR 20 paid", ["", "twenty euros", "paid"]),
        ("10 – 20", ["ten", "to", "twenty"]),
        ("5 km and 5km", ["five", "kilometers", "and", "five kilometers"]),
    ],
)
def test_every_written_word_says_its_own_part(written: str, parts: list[str]) -> None:
    assert [token.spoken for token in spoken_tokens(written)] == parts


def test_another_language_is_left_to_its_voice() -> None:
    assert spoken("Er zahlt 5 €.", "de") == "Er zahlt 5 €."


TEXTS = st.text() | st.text("aB1 .,:/-–$€%#@()°²½×+_'’", max_size=60)


@given(TEXTS, st.sampled_from(["en", "en-gb", "fr"]))
def test_no_written_word_is_lost(text: str, language: str) -> None:
    tokens = spoken_tokens(text, language)
    assert [token.written for token in tokens] == text.split()
    assert spoken(text, language) == " ".join(t.spoken for t in tokens if t.spoken)


@given(TEXTS)
def test_no_digit_and_no_sign_is_left_to_the_voice(text: str) -> None:
    said = spoken(text)
    assert not any(c.isdecimal() or c in "$€%#@=+_|[]{}<>" for c in said)


@pytest.mark.parametrize(
    "unit",
    ["9", "1,", "a.", "/a", "_a", "a::", "12-", "w@a", "1.1.", "aB", "123 ", "com.", "#a", "("],
)
def test_endless_text_is_read_in_time_proportional_to_it(unit: str) -> None:
    # A pattern that tries again from every character would not end for minutes.
    assert len(spoken_tokens(unit * 10_000)) == len((unit * 10_000).split())


def test_every_rule_is_named_once() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@given(
    st.lists(st.sampled_from(["one", "two", "5", "km,", "v8.1", "$3", "x"])),
    st.lists(st.text("abc ")),
)
def test_any_spoken_form_is_shared_out_without_loss(words: list[str], other: list[str]) -> None:
    text, said = " ".join(words), " ".join(" ".join(other).split())
    tokens = align(text, said)
    assert [token.written for token in tokens] == text.split()
    if text:
        assert " ".join(t.spoken for t in tokens if t.spoken) == said


def test_a_changed_word_keeps_its_place() -> None:
    tokens = align("We use nginx 1.2 daily", "We use engine ex one point two daily")
    assert [token.spoken for token in tokens] == [
        "We",
        "use",
        "engine ex",
        "one point two",
        "daily",
    ]
