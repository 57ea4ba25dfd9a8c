"""Written sentences trimmed for the ear: what only points at the page, or leans on a sentence that
is not told, is taken out. Nothing is put in, so that a trimmed sentence is as faithful as before.

| What | becomes |
|---|---|
| "The lens (see Figure 2) turns." | "The lens turns." |
| "The lens, as shown below, turns." | "The lens turns." |
| "As mentioned earlier, the lens turns." | "The lens turns." |
| "The diagram above shows the lens." | "The diagram shows the lens." |
| "However, the lens turns.", told without the sentence before | "The lens turns." |
"""

# ruff: noqa: RUF001  # typographic marks are what this file is about

import re

__all__ = ("on_its_own", "trimmed")

_THING = (
    r"(?:figure|fig\.|table|diagram|graph|chart|plot|map|image|picture|photo(?:graph)?|screenshot"
    r"|illustration|drawing|video|animation|code|listing|snippet|example|list|section|links?"
    r"|paragraph|schematic)s?"
)
_PLACE = r"(?:above|below|here|earlier|before|previously|at the (?:beginning|start|top|end))"
_IN_PLACE = (
    rf"(?: (?:{_PLACE}|(?:in|on|by|from) (?:the |this )?(?:previous |next |last |following )?"
    rf"{_THING}"
    rf"(?: \d+| [A-Z])?(?: {_PLACE})?))"
)
_TOLD = (
    r"(?:shown|seen|saw|pictured|illustrated|depicted|mentioned|noted|described|discussed|explained"
    r"|listed|outlined|said|stated|given|introduced)"
)
_ASIDES = re.compile(
    r"\s*[(\[](?:(?:please )?see(?: also)? |cf\. |c\.f\. |as " + _TOLD + r"\b|" + _TOLD + r" "
    rf"{_PLACE}|{_THING} (?:\d|[A-Z]\b)|click |credit|(?:image|photo|picture|source)(?: credit)?:"
    r"|(?:more|details?|discussed|described|explained) (?:in|on|at|below|above|later) )"
    r"[^()\[\]]*[)\]]"
    r"|\s*[(\[](?:above|below|left|right|link|pdf|top|bottom)[)\]]",
    re.IGNORECASE,
)
_AS_TOLD = (
    rf"as (?:(?:I|we)(?:['’]ve| have)? )?(?:just |already )?(?:{_TOLD}{_IN_PLACE}+"
    rf"|(?:you|we) (?:can |will )?see{_IN_PLACE}*)"
)
_OPENS_TOLD = re.compile(rf"^{_AS_TOLD}, ", re.IGNORECASE)
_WITHIN_TOLD = re.compile(rf",? (?:just )?{_AS_TOLD}(?:,(?= )|(?=[.!?;:]))", re.IGNORECASE)
_STANDS = re.compile(
    rf"\b({_THING}) (?:{_TOLD} )?(?:above|below)\b(?! (?:the|a|an|\d))", re.IGNORECASE
)
_STANDING = re.compile(rf"\b(the|this|these) (?:above|below) (?={_THING}\b)", re.IGNORECASE)

_ADDING = (
    r"however|also|moreover|furthermore|additionally|besides|finally|lastly|indeed|overall"
    r"|unfortunately|luckily|fortunately|sadly|thankfully|surprisingly|interestingly|of course"
    r"|in fact|in addition|in short|in summary|in conclusion|to sum up|as a result|therefore|thus"
    r"|hence|consequently|nevertheless|nonetheless|still|again|well|okay|ok|now|anyway|that said"
    r"|meanwhile|more importantly|most importantly|importantly|first|firstly|second|secondly|third"
    r"|thirdly|next|then|that being said|in other words|on top of that|even better|what's more"
)
_OPENER = re.compile(
    rf"(?:(?:and|but|so),? )?(?:{_ADDING}), |(?:and|but|yet),? (?=\w)|"
    r"so,? (?=(?:the|a|an|we|you|I|if|when)\b)",
    re.IGNORECASE,
)


def trimmed(text: str) -> str:
    """The sentence without what points at another place of the page."""
    told = _ASIDES.sub("", text)
    told = _OPENS_TOLD.sub("", told)
    told = _WITHIN_TOLD.sub("", told)
    told = _STANDS.sub(r"\1", told)
    told = _STANDING.sub(r"\1 ", told)
    return text if told == text else _begun(told)


def on_its_own(text: str) -> str:
    """The sentence without the word that joins it to the one before."""
    told = _OPENER.sub("", text, count=1) if _OPENER.match(text) else text
    return text if told == text else _begun(told)


def _begun(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]
