"""The walk: the content of a page, in document order, as blocks.

The walk keeps what text extraction drops: the white space of code, images with their captions,
the order of list items, the header of a table. It knows nothing of what is worth keeping; the
caller says so by a function that names the elements to leave out.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from lxml.html import HtmlElement

from .article import Block, Code, Heading, Image, ListBlock, Paragraph, Quote, Table
from .code_blocks import code_of, is_code_block, is_line_numbers
from .images import image_of
from .prose import (
    CAPTION_LENGTH,
    author_at_the_end,
    captioned,
    is_section,
    paragraphs,
    runs,
    spoken,
    with_caption,
)
from .tables import filled, is_header, is_layout, places_code, rows_of
from .text import fold

__all__ = ("numbered", "walk")

_SILENT: Final = frozenset(
    """
    script style template nav aside footer button input select option textarea label
    iframe svg canvas object embed video audio dialog map head link meta
    title del s strike rt rp menu progress meter frameset applet
    """.split()  # noqa: SIM905 - so many words read best as text
)
_CONTAINERS: Final = frozenset(
    """
    address article body center dd details div dl dt fieldset figcaption form header hgroup html
    li main p section summary tbody td tfoot th thead tr caption noscript hr
    """.split()  # noqa: SIM905 - so many words read best as text
)
_HEADINGS: Final = {"h1": 2, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_ANCHOR_MARKS: Final = frozenset(
    ("#", "¶", "§", "🔗", "∞", "⚓", "↩", "↩︎", "^", "⤴", "permalink", "link")
)
_EDIT_LINKS: Final = re.compile(
    r"\b(?:mw-editsection|headerlink|anchor-?link|heading-?anchor|bookmark)\b"
)
_NOTE_MARK: Final = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡a-z])[\])]?")
_ILLUSTRATED: Final = re.compile(r"caption|figure|image|photo", re.IGNORECASE)
"""In the class of an element that may hold an image and its caption, as a `figure` would."""
_CAPTION_CLASS: Final = re.compile(r"caption|pictext|legend", re.IGNORECASE)
_CENTRED: Final = re.compile(r"text-align:\s*center|;\s*(?:center|middle)$", re.IGNORECASE)
_RUN_IN: Final = 80
"""Characters: longer bold text is emphasis, not a heading."""
_RUN_IN_LEVEL: Final = 4


def walk(
    root: HtmlElement, base: str, left_out: Callable[[HtmlElement], bool]
) -> tuple[Block, ...]:
    """The blocks under `root` in document order, not yet numbered: their ids are empty.

    Args:
        root: The element that holds the content.
        base: The address that relative addresses are resolved against.
        left_out: Says of an element that it and all within it are no part of the post.
    """
    return tuple(_Walk(base, left_out, set()).under(root))


def numbered(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks with the ids `b1`, `b2`, ... in their order."""
    return tuple(
        msgspec.structs.replace(block, id=f"b{number}") for number, block in enumerate(blocks, 1)
    )


class _Walk:
    """One walk over a subtree; the walks over its lists, quotes and cells share what was seen."""

    def __init__(
        self, base: str, left_out: Callable[[HtmlElement], bool], seen_images: set[str]
    ) -> None:
        self._base = base
        self._left_out = left_out
        self._seen_images = seen_images
        self._blocks: list[Block] = []
        self._pieces: list[str] = []
        self._waiting: list[Image] = []
        self._handlers: dict[str, Callable[[HtmlElement], None]] = {
            **dict.fromkeys(_HEADINGS, self._heading),
            "ul": self._list,
            "ol": self._list,
            "dl": self._terms,
            "blockquote": self._quote,
            "pre": self._code,
            "figure": self._figure,
            "table": self._table,
            "noscript": self._noscript,
        }

    def under(self, element: HtmlElement) -> list[Block]:
        """The blocks of what `element` contains."""
        self._children(element)
        self._end_paragraph()
        return self._blocks

    def _apart(self, element: HtmlElement) -> list[Block]:
        return _Walk(self._base, self._left_out, self._seen_images).under(element)

    def _children(self, element: HtmlElement) -> None:
        self._say(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self._visit(child, child.tag)
            self._say(child.tail)

    def _say(self, text: str | None) -> None:
        if text:
            lead = " " if text[0].isspace() else ""
            tail = " " if text[-1].isspace() else ""
            self._pieces.append(f"{lead}{fold(text)}{tail}")

    def _visit(self, element: HtmlElement, tag: str) -> None:
        if tag in _SILENT or self._left_out(element):
            return
        if tag == "br":
            self._pieces.append("\n")
        elif tag == "img":
            self._image(element)
        elif tag in ("a", "sup") and _is_mark(element):
            return
        elif tag == "math":
            self._pieces.append(_math(element))
        elif tag == "q":
            self._pieces.append("“")
            self._children(element)
            self._pieces.append("”")
        elif tag in ("b", "strong") and not self._has_text() and _heads_a_line(element):
            self._end_paragraph()
            text = " ".join(spoken(self._apart(element)))
            self._blocks.append(Heading(id="", text=text, level=_RUN_IN_LEVEL))
        elif tag == "code" and is_code_block(element):
            self._code(element)
        elif (handler := self._handlers.get(tag)) is not None:
            self._end_paragraph()
            handler(element)
            self._end_paragraph()
        elif tag in _CONTAINERS:
            self._end_paragraph()
            self._container(element)
            self._end_paragraph()
        else:
            self._children(element)

    def _container(self, element: HtmlElement) -> None:
        above = self._blocks[-1] if self._blocks else None
        if isinstance(above, Image) and not above.caption and _looks_like_caption(element):
            self._blocks[-1:] = captioned([above, *self._apart(element)])
        elif _sets_image_and_caption(element):
            self._blocks.extend(captioned(self._apart(element)))
        else:
            self._children(element)

    def _has_text(self) -> bool:
        return any(piece.strip() for piece in self._pieces)

    # -- paragraphs -------------------------------------------------------------------------------

    def _end_paragraph(self) -> None:
        """Make paragraphs of the text gathered, then the images that stood in its midst."""
        text, self._pieces = "".join(self._pieces), []
        for part in re.split(r"\n\s*\n", text):
            lines = [folded for line in part.split("\n") if (folded := fold(line))]
            self._blocks.extend(paragraphs(lines))
        self._blocks.extend(self._waiting)
        self._waiting = []

    def _image(self, element: HtmlElement) -> None:
        image = image_of(element, self._base)
        if image is None or image.address in self._seen_images:
            return
        self._seen_images.add(image.address)
        if self._has_text():
            self._waiting.append(image)  # a sentence is not cut in two by its illustration
        else:
            self._end_paragraph()
            self._blocks.append(image)

    # -- blocks of their own ----------------------------------------------------------------------

    def _heading(self, element: HtmlElement) -> None:
        inner = self._apart(element)
        text = " ".join(spoken(inner))
        if text:
            self._blocks.append(Heading(id="", text=text, level=_HEADINGS[str(element.tag)]))
        self._blocks.extend(block for block in inner if isinstance(block, Image))

    def _noscript(self, element: HtmlElement) -> None:
        """Scripts that load images late leave the plain image here; all else here is an excuse."""
        for image in element.iter("img"):
            if not self._left_out(image):
                self._image(image)

    def _figure(self, element: HtmlElement) -> None:
        caption_element = element.find(".//figcaption")
        caption = ""
        if caption_element is not None:
            caption = " ".join(spoken(self._apart(caption_element)))
            caption_element.drop_tree()
        blocks = self._apart(element)
        held = [block for block in blocks if isinstance(block, Image | Table | Quote)]
        if caption and held:
            captioned = with_caption(held[-1], caption)
            blocks = [captioned if block is held[-1] else block for block in blocks]
        elif caption and blocks:
            blocks.append(Paragraph(id="", text=caption))
        self._blocks.extend(blocks)

    def _list(self, element: HtmlElement) -> None:
        ordered = element.tag == "ol"
        items: list[str] = []

        def end_list() -> None:
            if items:
                self._blocks.append(ListBlock(id="", items=tuple(items), ordered=ordered))
                items.clear()

        for child in element:
            if not isinstance(child.tag, str) or child.tag in _SILENT or self._left_out(child):
                continue
            if child.tag in ("ul", "ol"):  # wrong but common: a nested list beside the items
                items.extend(item for block in self._nested(child) for item in block.items)
                continue
            inner = self._apart(child)
            if is_section(inner):
                end_list()
                self._blocks.extend(inner)
                continue
            for text, others in runs(inner):
                items.extend(text)
                if others:
                    end_list()
                    self._blocks.extend(others)
        end_list()

    def _nested(self, element: HtmlElement) -> list[ListBlock]:
        walk = _Walk(self._base, self._left_out, self._seen_images)
        walk._list(element)
        return [block for block in walk._blocks if isinstance(block, ListBlock)]

    def _terms(self, element: HtmlElement) -> None:
        """A list of terms: each term with its explanations is one item."""
        items: list[str] = []
        others: list[Block] = []
        for child in element.iter("dt", "dd"):
            if next(child.iterancestors("dl"), None) is not element or self._left_out(child):
                continue
            inner = self._apart(child)
            text = " ".join(spoken(inner))
            if text and child.tag == "dd" and items:
                join = " " if items[-1].endswith((":", ".", "?", "!")) else ": "
                items[-1] = f"{items[-1]}{join}{text}"
            elif text:
                items.append(text)
            others.extend(
                block for block in inner if isinstance(block, Code | Image | Table | Quote)
            )
        if items:
            self._blocks.append(ListBlock(id="", items=tuple(items)))
        self._blocks.extend(others)

    def _quote(self, element: HtmlElement) -> None:
        author = ""
        whole = fold(element.text_content())
        for source in element.iter("footer", "cite", "figcaption"):
            name = fold(source.text_content())
            if name and whole.endswith(name) and name != whole:  # else the title of a work quoted
                author = name.lstrip("—―\u2013- ")
                source.drop_tree()
                break
        inner = self._apart(element)
        texts = list(spoken(inner))
        if texts and not author:
            author, texts = author_at_the_end(texts)
        if texts:
            self._blocks.append(Quote(id="", text=" ".join(texts), author=author))
        self._blocks.extend(block for block in inner if isinstance(block, Code | Image | Table))

    def _code(self, element: HtmlElement) -> None:
        code = code_of(element)
        if code is not None:
            self._blocks.append(code)

    def _table(self, element: HtmlElement) -> None:
        rows = rows_of(element)
        if places_code(element):
            for pre in element.iter("pre"):
                around = [pre, *pre.iterancestors("td")]
                if not any(is_line_numbers(holder) for holder in around):
                    self._code(pre)
            return
        cells = [[self._apart(cell) for cell in row] for row in rows]
        flat = [blocks for row in cells for blocks in row]
        if is_layout(element, flat, max((len(row) for row in rows), default=0)):
            self._blocks.extend(captioned([block for blocks in flat for block in blocks]))
            return
        texts = [tuple(" ".join(spoken(blocks)) for blocks in row) for row in cells]
        header_first = len(rows) > 1 and is_header(rows[0])
        rectangle = filled(texts, header_first)
        if not rectangle:
            return
        header = rectangle.pop(0) if header_first else ()
        if len(rectangle[0]) == 1:
            items = tuple(cell for (cell,) in rectangle)
            self._blocks.append(ListBlock(id="", items=items))
            return
        caption = element.find("caption")
        self._blocks.append(
            Table(
                id="",
                header=header,
                rows=tuple(rectangle),
                caption="" if caption is None else fold(caption.text_content()),
            )
        )
        images = [block for blocks in flat for block in blocks if isinstance(block, Image)]
        if len(list(element.iter("img"))) <= len(rows):  # else they are ticks and icons
            self._blocks.extend(images)


def _sets_image_and_caption(element: HtmlElement) -> bool:
    """Whether the element does the work of a `figure`, by its name or by slanted text."""
    if _ILLUSTRATED.search(element.get("class", "")):
        return True
    return next(element.iter("img"), None) is not None and _is_slanted(element)


def _looks_like_caption(element: HtmlElement) -> bool:
    """Whether a short text under an image is set as captions are: by name, centred or slanted."""
    length = len(fold(element.text_content()))
    if not 0 < length < CAPTION_LENGTH or next(element.iter("img"), None) is not None:
        return False
    centred = _CENTRED.search(f"{element.get('style', '')};{element.get('align', '')}")
    named = _CAPTION_CLASS.search(element.get("class", ""))
    return bool(named or centred) or _is_slanted(element)


def _is_slanted(element: HtmlElement) -> bool:
    slanted = "".join(part.text_content() for part in element.iter("em", "i", "small"))
    text = fold(element.text_content())
    return 0 < len(text) < CAPTION_LENGTH and fold(slanted) == text


def _heads_a_line(element: HtmlElement) -> bool:
    """Bold text alone on its line is a heading, whatever its tag says."""
    text = fold(element.text_content())
    if not 2 < len(text) <= _RUN_IN or text[-1] in ".,;:!…" or element.find(".//img") is not None:
        return False
    inner = list(element)
    if inner and inner[-1].tag == "br" and not fold(inner[-1].tail or ""):
        return True
    if fold(element.tail or ""):
        return False
    following = element.getnext()
    if following is not None:
        return following.tag == "br"
    parent = element.getparent()
    return parent is not None and parent.tag in ("p", "div") and fold(parent.text_content()) == text


def _math(element: HtmlElement) -> str:
    """MathML on one line, as it would be typed: `ax^2+bx+c=0`, `(a+b)/(2)`."""
    tag = str(element.tag).rpartition("}")[2]
    parts = [_math(child) for child in element if isinstance(child.tag, str)]
    if tag.startswith("annotation"):
        return ""
    if tag in ("msup", "mfrac") and len(parts) == 2:
        return f"{parts[0]}^{parts[1]}" if tag == "msup" else f"({parts[0]})/({parts[1]})"
    text = fold(element.text or "") + "".join(parts)
    return f"√({text})" if tag == "msqrt" else text


def _is_mark(element: HtmlElement) -> bool:
    """A sign that leads elsewhere: the anchor beside a heading, the number of a footnote."""
    if _EDIT_LINKS.search(element.get("class", "")):
        return True
    links = [element] if element.tag == "a" else list(element.iter("a"))
    if not any("#" in link.get("href", "") for link in links):
        return False
    text = fold(element.text_content())
    if text.casefold() in _ANCHOR_MARKS:
        return True
    in_sup = element.tag == "sup" or any(True for _ in element.iter("sup"))
    bracketed = text.startswith(("[", "("))
    return (in_sup or bracketed) and _NOTE_MARK.fullmatch(text) is not None
