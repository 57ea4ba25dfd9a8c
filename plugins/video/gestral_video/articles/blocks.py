"""The walk: the content of a page, in document order, as blocks.

The walk keeps what text extraction drops: the white space of code, images with their captions, the
order of list items, the header of a table. It knows nothing of what is worth keeping; the caller says
so by a function that names the elements to leave out.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec
from lxml.html import HtmlElement

from .article import Block, Code, Heading, Image, ListBlock, Paragraph, Quote, Table
from .images import image_of
from .text import fold

__all__ = ("numbered", "walk")

_SILENT: Final = frozenset(
    [
        "script",
        "style",
        "template",
        "nav",
        "aside",
        "footer",
        "form",
        "button",
        "input",
        "select",
        "option",
        "textarea",
        "label",
        "iframe",
        "svg",
        "canvas",
        "object",
        "embed",
        "video",
        "audio",
        "dialog",
        "map",
        "math",
        "annotation",
        "head",
        "link",
        "meta",
        "title",
        "del",
        "s",
        "strike",
        "rt",
        "rp",
        "menu",
        "progress",
        "meter",
        "frameset",
        "applet",
    ]
)
_CONTAINERS: Final = frozenset(
    [
        "address",
        "article",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "header",
        "hgroup",
        "html",
        "li",
        "main",
        "p",
        "section",
        "summary",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "caption",
        "noscript",
        "hr",
    ]
)
_HEADINGS: Final = {"h1": 2, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_ANCHOR_MARKS: Final = frozenset(
    ("#", "¶", "§", "🔗", "∞", "⚓", "↩", "↩︎", "^", "⤴", "permalink", "link")
)
_EDIT_LINKS: Final = re.compile(
    r"\b(?:mw-editsection|headerlink|anchor-?link|heading-?anchor|bookmark)\b"
)
_NOTE_MARK: Final = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡a-z])[\])]?")
_LANGUAGE: Final = re.compile(
    r"(?:^|\s)(?:language|lang|highlight-source|highlight-text|brush:|code|sourceCode|hljs)[-\s]+"
    r"([a-z][\w+#-]*)",
    re.IGNORECASE,
)
_NO_LANGUAGE: Final = frozenset(
    [
        "none",
        "text",
        "plain",
        "plaintext",
        "plain-text",
        "txt",
        "wrapper",
        "block",
        "highlight",
        "toolbar",
        "snippet",
        "nohighlight",
        "box",
        "default",
        "container",
        "numbers",
        "line-numbers",
    ]
)
_LINE_NUMBERS: Final = re.compile(
    r"\b(?:gutter|lineno|linenos|linenumber|line-?numbers?|line-?numbers-rows|rouge-gutter|copy-?button)\b"
)
_BULLET: Final = re.compile(r"([-+*•·▪◦–—])\s+(?=\S)")
_AUTHOR: Final = re.compile(r"(?:^|\n|\s)(?:[—―–]|--)\s*([^—―–\n]{2,120})$")
_LAYOUT_CELL: Final = 400
"""Characters: a longer cell belongs to a table that only places things side by side."""
_RUN_IN: Final = 80
"""Characters: longer bold text is emphasis, not a heading."""
_RUN_IN_LEVEL: Final = 4
_CAPTION: Final = 250
"""Characters: a longer text under an image is a paragraph."""
_CARD_PROSE: Final = 40
"""Characters of prose below a heading in a list item that make it a section."""
_CARD_ITEM: Final = 600
"""Characters: a list item of several paragraphs this long is a section with a bullet."""


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
        elif tag == "q":
            self._pieces.append("“")
            self._children(element)
            self._pieces.append("”")
        elif tag in ("b", "strong") and not self._has_text() and _heads_a_line(element):
            self._end_paragraph()
            text = " ".join(_spoken(self._apart(element)))
            self._blocks.append(Heading(id="", text=text, level=_RUN_IN_LEVEL))
        elif tag == "code" and _is_code_block(element):
            self._code(element)
        elif (handler := _HANDLERS.get(tag)) is not None:
            self._end_paragraph()
            handler(self, element)
            self._end_paragraph()
        elif tag in _CONTAINERS:
            self._end_paragraph()
            self._children(element)
            self._end_paragraph()
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
            self._blocks.extend(_paragraphs(lines))
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
        text = " ".join(_spoken(inner))
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
            caption = " ".join(_spoken(self._apart(caption_element)))
            caption_element.drop_tree()
        blocks = self._apart(element)
        held = [block for block in blocks if isinstance(block, Image | Table | Quote)]
        if caption and held:
            captioned = _with_caption(held[-1], caption)
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
            if _is_section(inner):
                end_list()
                self._blocks.extend(inner)
                continue
            for text, others in _runs(inner):
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
            text = " ".join(_spoken(inner))
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
                author = name.lstrip("—―–- ")
                source.drop_tree()
                break
        inner = self._apart(element)
        texts = list(_spoken(inner))
        if texts and not author:
            author, texts = _author_at_the_end(texts)
        if texts:
            self._blocks.append(Quote(id="", text=" ".join(texts), author=author))
        self._blocks.extend(block for block in inner if isinstance(block, Code | Image | Table))

    def _code(self, element: HtmlElement) -> None:
        text = _code_text(element)
        if text.strip():
            self._blocks.append(Code(id="", text=text, language=_code_language(element)))

    def _table(self, element: HtmlElement) -> None:
        rows = _rows(element)
        if _places_code(element):
            for pre in element.iter("pre"):
                if not _is_line_numbers(pre):
                    self._code(pre)
            return
        cells = [[self._apart(cell) for cell in row] for row in rows]
        flat = [blocks for row in cells for blocks in row]
        if _is_layout(element, flat, max((len(row) for row in rows), default=0)):
            self._blocks.extend(_captioned([block for blocks in flat for block in blocks]))
            return
        texts = [tuple(" ".join(_spoken(blocks)) for blocks in row) for row in cells]
        header_first = len(rows) > 1 and _is_header(rows[0])
        texts = [row for row in texts if any(row)]
        if not texts:
            return
        width = max(len(row) for row in texts)
        padded = [row + ("",) * (width - len(row)) for row in texts]
        header = padded.pop(0) if header_first else ()
        caption = element.find("caption")
        self._blocks.append(
            Table(
                id="",
                header=header,
                rows=tuple(padded),
                caption="" if caption is None else fold(caption.text_content()),
            )
        )
        self._blocks.extend(
            block for blocks in flat for block in blocks if isinstance(block, Image)
        )


_HANDLERS: Final[dict[str, Callable[[_Walk, HtmlElement], None]]] = {
    **dict.fromkeys(_HEADINGS, _Walk._heading),
    "ul": _Walk._list,
    "ol": _Walk._list,
    "dl": _Walk._terms,
    "blockquote": _Walk._quote,
    "pre": _Walk._code,
    "figure": _Walk._figure,
    "table": _Walk._table,
    "noscript": _Walk._noscript,
}


# -- of text --------------------------------------------------------------------------------------


def _paragraphs(lines: list[str]) -> list[Block]:
    """One paragraph of the lines between two empty ones, or the list that they imitate."""
    bullets = [match[1] for line in lines if (match := _BULLET.match(line))]
    if len(bullets) >= 3 and len(bullets) >= 0.8 * len(lines):
        head: list[Block] = []
        if not _BULLET.match(lines[0]):
            head.append(Paragraph(id="", text=lines.pop(0)))
        items = tuple(_BULLET.sub("", line, count=1) for line in lines)
        return [*head, ListBlock(id="", items=items)]
    text = fold("\n".join(lines))
    return [Paragraph(id="", text=text)] if any(letter.isalpha() for letter in text) else []


def _spoken(blocks: list[Block]) -> Iterator[str]:
    """What the prose among the blocks says."""
    for block in blocks:
        if isinstance(block, Paragraph | Heading | Quote):
            yield block.text
        elif isinstance(block, ListBlock):
            yield from block.items


def _runs(blocks: list[Block]) -> Iterator[tuple[list[str], list[Block]]]:
    """A list item's content as items, each run of them with the blocks that follow it."""
    texts: list[str] = []
    own: list[str] = []
    others: list[Block] = []
    for block in blocks:
        if isinstance(block, ListBlock):
            texts.extend([" ".join(own)] if own else [])
            texts.extend(block.items)
            own = []
        elif isinstance(block, Paragraph | Heading | Quote):
            if others:
                yield [*texts, *([" ".join(own)] if own else [])], others
                texts, own, others = [], [], []
            own.append(block.text)
        else:
            others.append(block)
    yield [*texts, *([" ".join(own)] if own else [])], others


def _is_section(blocks: list[Block]) -> bool:
    prose = [block for block in blocks if isinstance(block, Paragraph)]
    if any(isinstance(block, Heading) for block in blocks):
        return sum(len(block.text) for block in prose) > _CARD_PROSE
    return len(prose) > 2 and sum(len(block.text) for block in prose) > _CARD_ITEM


def _with_caption(block: Block, caption: str) -> Block:
    if isinstance(block, Quote):
        return block if block.author else msgspec.structs.replace(block, author=caption)
    return msgspec.structs.replace(block, caption=caption)


def _author_at_the_end(texts: list[str]) -> tuple[str, list[str]]:
    """A quotation often ends with a dash and whom it is from."""
    match = _AUTHOR.search(texts[-1])
    if match is None or (match.start() == 0 and len(texts) == 1):
        return "", texts
    rest = texts[-1][: match.start()].strip()
    if rest and rest[-1] not in ".!?…\"'”’»“‘":
        return "", texts  # a dash within a sentence
    return match[1].strip(), [*texts[:-1], *([rest] if rest else [])]


def _heads_a_line(element: HtmlElement) -> bool:
    """Bold text alone on its line is a heading, whatever its tag says."""
    text = fold(element.text_content())
    if not 2 < len(text) <= _RUN_IN or text[-1] in ".,;:!…" or element.find(".//img") is not None:
        return False
    if fold(element.tail or ""):
        return False
    following = element.getnext()
    if following is not None:
        return following.tag == "br"
    parent = element.getparent()
    return parent is not None and parent.tag in ("p", "div") and fold(parent.text_content()) == text


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


# -- of code --------------------------------------------------------------------------------------


def _is_code_block(element: HtmlElement) -> bool:
    """Code outside `pre` that is laid out over lines all the same."""
    return any(True for _ in element.iter("br"))


def _code_text(element: HtmlElement) -> str:
    pieces: list[str] = []

    def gather(part: HtmlElement) -> None:
        pieces.append(part.text or "")
        for child in part:
            if child.tag == "br":
                pieces.append("\n")
            elif isinstance(child.tag, str) and child.tag not in ("button", "style", "script"):
                if not _is_line_numbers(child):
                    own_line = child.tag in ("div", "p", "li", "tr")
                    if own_line and pieces and not "".join(pieces[-1:]).endswith("\n"):
                        pieces.append("\n")
                    gather(child)
                    if own_line and not pieces[-1].endswith("\n"):
                        pieces.append("\n")
            pieces.append(child.tail or "")

    gather(element)
    text = "".join(pieces).replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    lines = [line.rstrip() for line in text.replace("\u200b", "").split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def _is_line_numbers(element: HtmlElement) -> bool:
    return _LINE_NUMBERS.search(element.get("class", "")) is not None


def _code_language(element: HtmlElement) -> str:
    """The language that a class on the code, inside it or just around it names."""
    around = list(element.iterancestors())[:3]
    for holder in (element, *element.iter("code"), *around):
        for name in ("data-lang", "data-language"):
            if holder.get(name):
                return holder.get(name, "").strip().lower()
        match = _LANGUAGE.search(holder.get("class", ""))
        if match and match[1].lower() not in _NO_LANGUAGE:
            return match[1].lower()
    return ""


# -- of tables ------------------------------------------------------------------------------------


def _rows(table: HtmlElement) -> list[list[HtmlElement]]:
    rows = []
    for row in table.iter("tr"):
        if next(row.iterancestors("table"), None) is table:
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            if cells:
                rows.append(cells)
    return rows


def _is_header(row: list[HtmlElement]) -> bool:
    """Whether all that the row says stands in header cells or in bold."""
    said = [cell for cell in row if fold(cell.text_content())]
    return bool(said) and all(
        cell.tag == "th"
        or fold("".join(part.text_content() for part in cell.iter("b", "strong")))
        == fold(cell.text_content())
        for cell in said
    )


def _captioned(blocks: list[Block]) -> list[Block]:
    """An image over one short text, placed so by a table, is an image with its caption."""
    if len(blocks) == 2 and isinstance(blocks[0], Image) and isinstance(blocks[1], Paragraph):
        if len(blocks[1].text) < _CAPTION and not blocks[0].caption:
            return [msgspec.structs.replace(blocks[0], caption=blocks[1].text)]
    return blocks


def _places_code(table: HtmlElement) -> bool:
    """Highlighters put line numbers into one cell and code into the next."""
    return any(True for _ in table.iter("pre")) and any(
        _is_line_numbers(element) for element in table.iter("td", "pre", "div", "span")
    )


def _is_layout(table: HtmlElement, cells: list[list[Block]], columns: int) -> bool:
    """Whether the table only places things on the page."""
    if table.get("role") in ("presentation", "none") or columns < 2:
        return True
    if any(True for _ in table.iter("th")):
        return False
    if any(table.iter("ul", "ol", "pre", "h1", "h2", "h3", "blockquote")):
        return True
    if next((inner for inner in table.iter("table") if inner is not table), None) is not None:
        return True
    images = sum(isinstance(block, Image) for blocks in cells for block in blocks)
    filled = sum(bool(list(_spoken(blocks))) for blocks in cells)
    longest = max((len(" ".join(_spoken(blocks))) for blocks in cells), default=0)
    return longest > _LAYOUT_CELL or images >= max(filled, 1) or filled < 2
