"""Which part of a page is the post.

trafilatura decides what is main text. It returns a tree of its own, without the white space of
code, captions and most images, so its answer is used as a judgement: the smallest element of the
page that holds nearly all of that text is the content, and what lies in it is kept unless it looks
like the furniture of a page and trafilatura did not want it either.
"""

import re
from copy import deepcopy
from typing import Final

import msgspec
from lxml.html import HtmlElement

from .article import Block, Heading, Image, ListBlock, Paragraph, Table
from .text import ends_sentence, fold, squeeze, weight

__all__ = ("Content", "find_content", "is_hidden")

_LEAVES: Final = frozenset(
    """
    p li dd dt h1 h2 h3 h4 h5 h6 pre td th blockquote figcaption div span
    """.split()  # noqa: SIM905 - so many words read best as text
)
_SHARE_OF_ROOT: Final = 0.9
"""Of trafilatura's text, how much the content element holds; the rest is a stray byline or so."""
_WIDENING: Final = 1.6
"""An enclosing `article` with at most this much more text is taken instead: it holds the lead."""

_TOO_MUCH_TO_DROP: Final = 0.4
"""Of the content's text: an element with more is no furniture, whatever it is called."""
_LINES_ABOUT: Final = 6
"""Blocks at either end among which lines about the post are looked for."""
_MENU: Final = 5
"""Short lines in a row from which on they are a menu."""
_DEEPEST_SECTION: Final = 3
"""Level down to which a heading belongs to a text; menus have theirs as well, but lower ones."""
_ILLUSTRATION: Final = 300
"""Pixels in width that no image of a menu claims."""
_REAL_PARAGRAPH: Final = 100
"""Characters from which on a text is surely prose."""
_FURNITURE_WORDS: Final = frozenset(
    """
    share sharing sharedaddy shares social socials related recommended newsletter subscribe
    subscription signup comments comment respond disqus cookie cookies consent gdpr
    breadcrumb breadcrumbs byline pagination pager paging nav navigation navbar menu sidebar
    advert adverts advertisement ads adsense sponsor sponsored promo promotion widget
    widgets rating ratings toolbar popup modal paywall outbrain taboola printfriendly
    addthis addtoany jp-relatedposts jetpack-likes skip-link screen-reader-text sr-only
    visually-hidden visuallyhidden noprint no-print hidden tagcloud taglist tags toc
    tableofcontents bio author-bio authorbio author-box author-info about-author post-meta
    entry-meta entry-footer post-footer postmetadata article-meta article-footer meta-info
    readmore read-more more-link reply-link likes permalink vcard flags trackback pingback
    feedback-form masthead site-footer site-header
    """.split()  # noqa: SIM905 - so many words read best as text
)
_ONLY_WHOLE: Final = frozenset(
    ("modal", "widget", "widgets", "hidden", "respond", "permalink", "flags", "popup", "menu")
)
"""Furniture as names of their own; page builders use them as parts of the names of everything."""
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NOTES: Final = re.compile(r"\b(?:footnotes?|endnotes?|doc-endnotes|doc-footnote|reflist)\b")
_FURNITURE_ROLES: Final = frozenset(
    [
        "navigation",
        "search",
        "complementary",
        "contentinfo",
        "banner",
        "dialog",
        "alert",
        "menu",
        "menubar",
        "toolbar",
        "button",
    ]
)
_BLOCKS: Final = frozenset(
    """
    div section ul ol dl p table header aside details center span form small
    """.split()  # noqa: SIM905 - so many words read best as text
)
_LEAD_WORDS: Final = re.compile(
    r"^(?:posted|published|written|edited|updated|last (?:updated|modified)|filed|by|tagged|tags"
    r"|share|categor(?:y|ies)|topics?|reading time|\d+ min(?:ute)?s? read|von|par|por"
    r"|(?:作者|来源|原标题|责任编辑|编辑)[:\uff1a].*)\b",
    re.IGNORECASE,
)
_LEADS_ELSEWHERE: Final = re.compile(
    r"^(?:lire(?: aussi)?|read (?:also|next)|see also|related|lee también|leggi anche"
    r"|lesen sie auch|mehr zum thema)\s*[:\uff1a]|^(?:learn|read|find out|see|show) more\b",
    re.IGNORECASE,
)


class Content(msgspec.Struct, frozen=True):
    """The element that holds the post, and a judgement on what lies in it."""

    root: HtmlElement
    judge: "Judge"


class Judge:
    """What of the content is furniture of the page rather than the post.

    Args:
        root: The content element.
        main_text: What trafilatura took for main text, squeezed.
    """

    def __init__(self, root: HtmlElement, main_text: str) -> None:
        self._main_text = main_text
        self._whole = max(len(root.text_content()), 1)

    def agrees(self, text: str) -> bool:
        """Whether trafilatura took this text for main text."""
        squeezed = squeeze(text)
        return bool(squeezed) and squeezed in self._main_text

    def leaves_out(self, element: HtmlElement) -> bool:
        """Whether the element and all within it are no part of the post."""
        if is_hidden(element) or element.get("role") in _FURNITURE_ROLES:
            return True
        if element.tag not in _BLOCKS:
            return False
        text = fold(element.text_content())
        if len(text) > self._whole * _TOO_MUCH_TO_DROP:
            return False
        if element.tag == "form" or _is_notes(element) or _is_contents(element, text):
            return True
        if _named_like_furniture(element):
            return not (len(text) > _REAL_PARAGRAPH * 2 and self.agrees(text))
        return _is_all_links(element, text) and not self.agrees(text)

    def trimmed(self, blocks: tuple[Block, ...], title: str, byline: str) -> tuple[Block, ...]:
        """The blocks without the title said again, lines about the post, and empty sections."""
        after_title = next(
            (n for n, block in enumerate(blocks[: len(blocks) // 2]) if _says(block, title)), -1
        )
        above = [block for block in blocks[: after_title + 1] if isinstance(block, Image)]
        kept = [block for block in blocks[after_title + 1 :] if not _says(block, title)]
        kept = [*above, *kept]
        kept = [block for block in kept if not _leads_elsewhere(block) and not _is_number(block)]
        kept = _without_menus(self._without_tail(kept))
        kept = _without_lines_about(kept, byline)
        kept = _without_lines_about(kept[::-1], byline)[::-1]
        return tuple(_without_empty_sections(kept))

    def _without_tail(self, blocks: list[Block]) -> list[Block]:
        """After the last text that trafilatura wanted comes what a site says under every post."""
        last = max(
            (n for n, block in enumerate(blocks) if any(map(self.agrees, _texts(block)))),
            default=len(blocks) - 1,
        )
        tail: list[Block] = []
        for block in blocks[last + 1 :]:
            if isinstance(block, Heading) or (
                isinstance(block, Paragraph) and len(block.text) < 120
            ):
                break
            tail.append(block)
        return [*blocks[: last + 1], *tail]


def is_hidden(element: HtmlElement) -> bool:
    """Whether readers do not see the element, or only see in it what is said elsewhere."""
    if element.get("hidden") is not None or _HIDDEN.search(element.get("style", "")):
        return True
    # Formulas are set twice: once to be seen, and once, as MathML, to be read aloud.
    return element.get("aria-hidden") == "true" and next(element.iter("img"), None) is None


def find_content(tree: HtmlElement, address: str) -> Content:
    """The part of the page that is the post; the whole body where nothing stands out."""
    body = tree.find("body")
    whole: HtmlElement = tree if body is None else body
    main_text = _main_text(tree, address)
    root = _smallest_holder(whole, main_text) if main_text else whole
    return Content(root, Judge(root, main_text or squeeze(root.text_content())))


def _main_text(tree: HtmlElement, address: str) -> str:
    from trafilatura import bare_extraction

    for recall in (False, True):
        document = bare_extraction(
            deepcopy(tree),
            url=address if address.startswith("http") else None,
            include_comments=False,
            include_tables=True,
            with_metadata=False,
            favor_recall=recall,
        )
        text = squeeze(getattr(document, "text", None) or "")
        if len(text) > 200:
            break
    return text


def _smallest_holder(whole: HtmlElement, main_text: str) -> HtmlElement:
    """The smallest element with nearly all of the main text, or an article close around it."""
    weights: dict[HtmlElement, int] = {}
    for element in whole.iter(*_LEAVES):
        own = _own_text(element)
        squeezed = squeeze(own)
        if len(squeezed) < 10 or squeezed not in main_text:
            continue
        for holder in (element, *element.iterancestors()):
            weights[holder] = weights.get(holder, 0) + len(squeezed)
    total = weights.get(whole, 0)
    if not total:
        return whole
    root = whole
    while True:
        heavy = [child for child in root if weights.get(child, 0) >= total * _SHARE_OF_ROOT]
        if not heavy:
            break
        root = heavy[0]
    parent = root.getparent()
    if root.tag in _LEAVES - {"div", "td", "blockquote"} and parent is not None:
        root = parent
    length = len(fold(root.text_content()))
    for holder in root.iterancestors("article", "main"):
        if len(fold(holder.text_content())) <= length * _WIDENING + 500:
            root = holder
    return root


def _own_text(element: HtmlElement) -> str:
    """Text of the element without that of the leaves within it."""
    pieces = [element.text or ""]
    for child in element:
        if child.tag not in _LEAVES or child.tag == "span":
            pieces.append(child.text_content() if isinstance(child.tag, str) else "")
        pieces.append(child.tail or "")
    return "".join(pieces)


def _is_notes(element: HtmlElement) -> bool:
    """Read aloud at the end, a footnote is about nothing."""
    names = f"{element.get('class', '')} {element.get('role', '')}"
    return _NOTES.search(names) is not None


def _named_like_furniture(element: HtmlElement) -> bool:
    written = f"{element.get('class', '')} {element.get('id', '')}"
    names = re.sub(r"(?<=[a-z])(?=[A-Z])|_", "-", written).lower().split()
    for name in names:
        if name in _FURNITURE_WORDS:
            return True
        # `post-share-buttons` is furniture, `wp-block-media-text` and `tag-python` are not.
        parts = _FURNITURE_WORDS.intersection(name.split("-")) - _ONLY_WHOLE
        if parts and not name.startswith(("has-", "tag-", "category-")):
            return True
    return False


def _is_all_links(element: HtmlElement, text: str) -> bool:
    if not text:
        return False
    linked = sum(len(fold(link.text_content())) for link in element.iter("a"))
    return linked > len(text) * 0.75 and next(element.iter("img", "pre"), None) is None


def _is_contents(element: HtmlElement, text: str) -> bool:
    """A table of contents: links to places on the same page, and nothing else."""
    links = list(element.iter("a"))
    if len(links) < 2 or not all(link.get("href", "").startswith("#") for link in links):
        return False
    return sum(len(fold(link.text_content())) for link in links) > len(text) * 0.75


def _texts(block: Block) -> tuple[str, ...]:
    """The texts of a block, each as a page would show it."""
    if isinstance(block, ListBlock):
        return block.items
    if isinstance(block, Table):
        return tuple(" ".join(row) for row in block.rows)
    if isinstance(block, Image):
        return (block.caption,) if block.caption else ()
    return (block.text,)


def _says(block: Block, title: str) -> bool:
    return isinstance(block, Heading | Paragraph) and squeeze(block.text) == squeeze(title)


def _without_lines_about(blocks: list[Block], byline: str) -> list[Block]:
    """The blocks without dates, names and tags among those that come first."""
    head = [block for block in blocks[:_LINES_ABOUT] if not _is_about_the_post(block, byline)]
    return [*head, *blocks[_LINES_ABOUT:]]


def _is_about_the_post(block: Block, byline: str) -> bool:
    if not isinstance(block, Paragraph | Heading | ListBlock):
        return False
    text = " ".join(block.items) if isinstance(block, ListBlock) else block.text
    if len(text) > 140:
        return False
    if byline and squeeze(byline) in squeeze(text) and len(text) < 2 * len(byline) + 20:
        return True
    nameless = text.replace(byline, "") if byline else text
    if _LEAD_WORDS.match(text) and not ends_sentence(nameless.removesuffix(".")):
        return True
    words = re.findall(r"[^\W\d]{2,}", nameless)
    has_year = re.search(r"(?:19|20)\d\d", nameless) is not None
    return len(words) <= 4 and (has_year or (nameless != text and len(words) <= 2))


def _leads_elsewhere(block: Block) -> bool:
    """A line that is no more than a pointer to another page."""
    return (
        isinstance(block, Paragraph)
        and len(block.text) < 160
        and _LEADS_ELSEWHERE.search(block.text) is not None
    )


def _is_number(block: Block) -> bool:
    """A number alone counts comments, shares or pages."""
    return isinstance(block, Paragraph) and not any(letter.isalpha() for letter in block.text)


def _without_menus(blocks: list[Block]) -> list[Block]:
    """The blocks without runs of short lines before the first and after the last real paragraph.

    The idea is jusText's: only the neighbourhood of long texts tells the short ones that belong to
    them from those of a menu.
    """
    real = [n for n, block in enumerate(blocks) if not _is_short(block)]
    if not real:
        return blocks
    first, last = real[0], real[-1]
    if sum(isinstance(block, Paragraph) for block in blocks[:first]) < _MENU:
        first = 0
    if sum(isinstance(block, Paragraph) for block in blocks[last + 1 :]) < _MENU:
        last = len(blocks) - 1
    illustrations = [
        block
        for block in blocks[:first]
        if isinstance(block, Image) and block.width >= _ILLUSTRATION
    ]
    return [*illustrations, *blocks[first : last + 1]]


def _is_short(block: Block) -> bool:
    if isinstance(block, Image):
        return True
    if isinstance(block, Heading):
        return block.level > _DEEPEST_SECTION
    return isinstance(block, Paragraph) and weight(block.text) < _REAL_PARAGRAPH


def _without_empty_sections(blocks: list[Block]) -> list[Block]:
    """Headings with nothing under them lose their meaning when what they led to was left out."""
    kept: list[Block] = []
    following: Block | None = None
    for block in reversed(blocks):
        if isinstance(block, Heading) and (
            following is None or (isinstance(following, Heading) and following.level <= block.level)
        ):
            continue
        kept.append(block)
        following = block
    return kept[::-1]
