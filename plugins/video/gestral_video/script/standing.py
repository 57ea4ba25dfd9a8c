"""Can a sentence be said away from the page it stands on, and without the sentences around it?

| A sentence | is |
|---|---|
| that is none: a scrap, a loose bracket or quotation mark, mostly signs, too long | left out |
| that is an entry of a glossary ("Task: a unit of work") | left out |
| that points at the page ("the video on the right", "see below", "in finding 2") | left out |
| that speaks of the post ("this article explains", "we hope this post helps") | left out |
| that announces ("let's take a look"), unless what it announces comes with it | left out |
| that wants something of readers ("subscribe", "our tool helps you", "let us know") | left out |
| that asks | said only with the sentence after it |
| that begins with "this", "they", "however", "for example", ... | said after the one before |
"""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re

from gestral_video.script.lines import MOST_WORDS, Line, word_count

__all__ = (
    "advertises",
    "announces",
    "asks",
    "can_be_said",
    "is_scrap",
    "leans",
    "of_the_author",
)

FEWEST_WORDS = 5

_TIME = r"(?:year|week|month|summer|autumn|fall|winter|spring|morning|decade|century)"
_LEANS = re.compile(
    r"(?:(?:and|but|or|so|yet|because|which|nor) |"
    rf"this\b(?! {_TIME})|"
    r"(?:that|these|those|it|its|they|them|their|he|she|his|her|him|such|both|neither|another"
    r"|here|there|then|thus|hence|also|instead|otherwise|similarly|likewise|meanwhile|moreover"
    r"|furthermore|additionally|however|therefore|nevertheless|nonetheless|besides|consequently"
    r"|conversely|again|still|finally|lastly|second|secondly|third|thirdly|next|later|afterwards"
    r"|overall|unfortunately|luckily|fortunately|indeed|sadly|that's|it's|they're|he's|she's"
    r"|there's|here's|same|one|others|following|great|hi|hello|hey|yes|no|ok|okay|well|sure|too"
    r"|either|even|only)\b|"
    r"(?:for (?:example|instance|one thing)|in (?:addition|contrast|other words|fact|short|turn"
    r"|particular|practice)|on the (?:other|one) hand|as (?:a result|such|shown|you can see"
    r"|mentioned|noted|described|seen|before|above|explained)|of course|at the same time"
    r"|not (?:only|all)|to (?:do|avoid|fix|solve|address|achieve) (?:so|this|that|it|these)"
    r"|what's more|after all|speaking of|"
    r"the (?:same|latter|former|above|following|first|second|third|other|next|last|reason|result|"
    r"answer|difference|problem is|idea is|point is)|"
    r"\w+ing (?:that|this|it|them|these|those)|"
    r"(?:other than|apart from|aside from) (?:that|this|these|those|it)|"
    r"(?:in|on|at|by|for|from|with|of|to|after|before|during|since|under|like|using|given"
    r"|because of|due to|based on|unlike|despite|while|if|when|once|although|as) "
    rf"(?:this(?! {_TIME})|that|these|those|it|they|them|he|she|such|both|his|her|their"
    r"|all of (?:this|these))"
    r")\b)",
    re.IGNORECASE,
)
"""Openings that lean on what was said before."""
_LEANS_LATER = re.compile(
    r"(?:\S+ ){1,5}?(?:then|also|likewise|therefore|thus|too|instead|however|though|here"
    r"|all those)\b"
    r"|(?:if|when|once|as) (?:we|you|they|i) \w+ (?:that|this|it)\b|all the (?:rest|others?)\b"
    r"|.{0,60}?\b(?:these|those|such|this)\b(?! (?:post|article|blog|year|week|month|day|guide"
    r"|tutorial|release|chapter|survey|time|is why)\b)",
    re.IGNORECASE,
)
"""The same, a few words into the sentence."""
_LEANS_LAST = re.compile(r"\b(?:here|there|so|either|neither|too)[.!]$", re.IGNORECASE)
"""The same, at its end."""
_FORWARD = re.compile(r"\bthis(?: \w+){0,2} ?\S*:$", re.IGNORECASE)
"""A closing "this:", which is what comes next."""
_LEANS_ON_A_THING = re.compile(
    r"(?:(?!that |which |who |how |and |as )\S+ ){1,4}(?:it|them)\b(?!['’])"
    r"(?! (?:is|was|has|takes|seems|makes|comes|turns|to|hard|easy|clear|possible|difficult)\b)",
    re.IGNORECASE,
)
"""Something that was named before: "You can get it there"."""
_LEANS_ON_A_PERSON = re.compile(r"\S+ [^A-Z]*?\b(?:he|she|his|her|him)\b")
"""Somebody who was named before: no name stands in front of the pronoun."""
_ADDS = re.compile(r"(?:another|also|additionally)\b", re.IGNORECASE)
"""Openings that lean on the section before, when they open one; its heading does as well."""

_SELF = r"(?:post|article|blog|chapter|guide|tutorial|section|series|essay|write-?up|page)"
_ORDINAL = r"(?:\d+|one|two|three|four|five|six|seven)"
_POINTS_ELSEWHERE = re.compile(
    r"\b(?:(?:figure|fig\.|table|listing|finding|part|section|chapter|example|appendix) ?"
    rf"{_ORDINAL}|"
    r"^(?:below|above)\b|(?:on|to|at) the (?:right|left)(?: side| hand|-hand)?|see also|update:|"
    r"edit:|edited to add|"
    r"(?:mentioned|noted|described|discussed|shown|seen|saw|said) (?:earlier|before|previously)|"
    r"(?:earlier|previous|last|next) (?:post|article|section|chapter|example|episode)s?|"
    r"we saw (?:that|how|why|earlier)|we['’]ve (?:just )?seen)\b",
    re.IGNORECASE,
)
"""Words that point at another place of the page, which a listener does not see."""
_POINTS = re.compile(
    r"^(?:below|above),? |\b(?:below|above)[.,:;]|\b(?:see|shown|listed|described|code|example|"
    r"image|picture|diagram|graph|chart|list|table|video|the one) (?:above|below)\b|"
    r"\b(?:the following|as follows|footnote|here(?: are|['’]s| is)|listed here)\b",
    re.IGNORECASE,
)
"""Words that point at what stands beside the sentence."""
_OF_THE_POST = re.compile(
    rf"\b(?:this|the present) (?:\w+ )?{_SELF}\b|^the {_SELF} (?:explains|describes|shows|covers)\b"
    r"|posted (?:by|on|in)|all rights reserved|originally (?:published|posted|appeared)"
    r"|first appeared (?:on|in)|was (?:first )?published (?:on|at)",
    re.IGNORECASE,
)
"""Words about the post instead of what it is about."""
_ANNOUNCES = re.compile(
    r"\b(?:let me|let(?:['’]s| us)|(?:I|we)(?:['’]ll| will| should|['’]d like to|['’](?:m|re) going"
    r" to| (?:am|are) going to)) (?:now |first |also |briefly |quickly )*(?:define|explain|discuss|"
    r"describe|cover|look|take|see|show|talk|walk|explore|dive|start|begin|go|get|introduce|examine|"
    r"consider|summari[sz]e|review|share|turn|move|jump|focus|present|outline)\b"
    r"|a (?:closer |quick |brief )?look at\b",
    re.IGNORECASE,
)
"""Words that promise what comes next on the page."""
_ADVERTISES = re.compile(
    r"\b(?:click|tap here|subscribe|sign up|follow (?:us|me)|(?:read|find out|learn) more|"
    r"newsletter|share this|cookies?|read (?:on|the (?:full|rest))|stay tuned|in the comments|"
    r"(?:leave|post|write) (?:a|your) comments?|join (?:us|our)|(?:free|book a) (?:trial|demo)|"
    r"download (?:our|the|your)|buy (?:now|our)|thanks? for reading|watch (?:this|our)|"
    r"head over to|(?:like|want) to (?:know|learn|read|see) more)\b|^watch\b|"
    r"^our (?:\w+ ){1,2}(?:finds?|helps?|lets?|makes?|gives?|offers?|provides?|can) |"
    r"^(?:my |our |special |big |many )?thanks?\b|^thank you\b|"
    r"\b(?:is|are) here to help\b|"
    r"\bour (?:[\w-]+ ){0,2}(?:tools?|products?|platform|algorithms?|software|services?|apps?"
    r"|plugins?|courses?|e-?books?|team|experts?|customers?|clients?)\b.*\byou",
    re.IGNORECASE,
)
"""Words that a page says to be read, bought and followed."""
_ASKS_FAVOURS = re.compile(
    r"\b(?:check (?:it |them )?out|feel free|drop (?:us|me) a|let (?:us|me) know|contact (?:us|me)|"
    r"get in touch|reach out|please|follow along)\b",
    re.IGNORECASE,
)
"""Words that want something else of readers."""
_COLOPHON = re.compile(
    r"posted (?:by|on|in)|all rights reserved|originally (?:published|posted|appeared)"
    r"|first appeared (?:on|in)|(?:first )?published (?:on|at|by)"
    r"|^(?:photo|image)s? by\b"
    r"|^(?:filed|tagged) (?:under|with)|^(?:written|edited|translated) by\b|licensed under"
    r"|^follow\b",
    re.IGNORECASE,
)
"""Words about where a text appeared, who made it and who is thanked."""
_OF_THE_AUTHOR = re.compile(r"(?:I|My)\b(?! team)")
_LABELLED = re.compile(r"[\w-]+(?: [\w-]+){0,2}: ")
_ENDS_WELL = re.compile(r"[.!?…。！？।]['\"”’)\]]*$")


def can_be_said(line: Line) -> bool:
    """A whole sentence of a fair length, of the post's matter; see the module's table."""
    text = line.text
    fair = FEWEST_WORDS <= word_count(text) <= MOST_WORDS
    labelled = line.kind == "prose" and line.first and bool(_LABELLED.match(text))
    whole = bool(_ENDS_WELL.search(text)) or text.endswith(":") or line.kind == "item"
    begins = text[0].isupper() or not text[0].isascii() or text[0] in "\"'" or text[0].isdigit()
    sound = fair and whole and begins and _paired(text) and _words(text)
    return sound and not labelled and not _refers(text)


def is_scrap(line: Line) -> bool:
    """A few words that end nowhere, such as what leads to a formula."""
    return (
        line.kind == "prose"
        and line.last
        and word_count(line.text) < FEWEST_WORDS
        and not line.text.endswith(":")
        and not _ENDS_WELL.search(line.text)
    )


def advertises(line: Line) -> bool:
    """Wants readers to read on, buy, follow or write, or says where else the post stands."""
    patterns = (_ADVERTISES, _ASKS_FAVOURS, _COLOPHON)
    return any(pattern.search(line.text) for pattern in patterns)


def of_the_author(text: str) -> bool:
    """Begins with whoever writes, not with what they write about."""
    return bool(_OF_THE_AUTHOR.match(text))


def announces(text: str) -> bool:
    """Promises what comes next on the page, as the heading "Let's get started" does."""
    return bool(_ANNOUNCES.search(text))


def asks(line: Line) -> bool:
    """A question."""
    return line.text.endswith(("?", "？"))


def leans(line: Line, *, opens_section: bool = False) -> bool:
    """Needs the sentence before it.

    Args:
        line: A sentence.
        opens_section: It is the first one below its heading.
    """
    if line.kind == "description":
        return False
    text = _FORWARD.sub("", line.text.lstrip("\"“‘'("))
    if opens_section and _ADDS.match(text):
        return False
    # Whoever is quoted is named first, and a quotation is told from its beginning.
    openings = (_LEANS, _LEANS_LATER, _LEANS_ON_A_PERSON, _LEANS_ON_A_THING)
    return (
        line.kind == "quote"
        or any(pattern.match(text) for pattern in openings)
        or bool(_LEANS_LAST.search(text))
    )


def _refers(text: str) -> bool:
    """Speaks of the page, the post or its reader; what ends with a colon keeps its promise."""
    patterns = [_ADVERTISES, _ASKS_FAVOURS, _POINTS_ELSEWHERE, _OF_THE_POST]
    if not text.endswith(":"):
        patterns += [_POINTS, _ANNOUNCES]
    return any(pattern.search(text) for pattern in patterns)


def _paired(text: str) -> bool:
    return (
        text.count("(") == text.count(")")
        and text.count('"') % 2 == 0
        and text.count("“") == text.count("”")
    )


def _words(text: str) -> bool:
    letters = sum(c.isalpha() or c.isspace() for c in text)
    return letters >= 0.75 * len(text) and "://" not in text
