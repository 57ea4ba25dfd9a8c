"""Plain text out of markup."""

import pytest

from gestral_video.articles.text import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("soft\u00adhyphen, zero\u200bwidth", "softhyphen, zerowidth"),
        ("water\u200dmark\u200c.", "watermark."),
        ("an emoji \U0001f469\u200d\U0001f680,", "an emoji \U0001f469\u200d\U0001f680,"),
        (
            "\u0645\u06cc\u200c\u0646\u0648\u06cc\u0633\u0645",
            "\u0645\u06cc\u200c\u0646\u0648\u06cc\u0633\u0645",
        ),
        ("\u200dlone \u200c joiners", "lone joiners"),
    ],
)
def test_what_nobody_sees_goes_and_what_shapes_letters_stays(text: str, folded: str) -> None:
    assert fold(text) == folded
