"""What may be said about a block that is not read out: its words, and what can be counted in it."""

import re

from gestral_video.articles.article import (
    Block,
    Code,
    Heading,
    Image,
    ListBlock,
    Paragraph,
    Quote,
    Table,
)

__all__ = ("block_text", "counts", "describe_code", "describe_table", "image_words", "told_rows")

_LANGUAGE_NAMES = {
    "bash": "shell",
    "c": "C",
    "cpp": "C++",
    "cs": "C#",
    "csharp": "C#",
    "css": "CSS",
    "docker": "Docker",
    "go": "Go",
    "html": "HTML",
    "java": "Java",
    "javascript": "JavaScript",
    "js": "JavaScript",
    "json": "JSON",
    "jsx": "JSX",
    "kotlin": "Kotlin",
    "php": "PHP",
    "py": "Python",
    "python": "Python",
    "rb": "Ruby",
    "rs": "Rust",
    "ruby": "Ruby",
    "rust": "Rust",
    "sh": "shell",
    "shell": "shell",
    "sql": "SQL",
    "swift": "Swift",
    "toml": "TOML",
    "ts": "TypeScript",
    "tsx": "TypeScript",
    "typescript": "TypeScript",
    "xml": "XML",
    "yaml": "YAML",
    "yml": "YAML",
}
_SAID_WITH_AN = re.compile(r"(?:[aeio]|html|sql|xml)", re.IGNORECASE)
_MOST_HEADER_WORDS = 20
"""More column names than fit into these words are not read out."""
_MOST_TOLD_ROWS, _MOST_TOLD_COLUMNS, _MOST_CELL_WORDS = 6, 3, 6
"""A table that has no more is read out row by row."""
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|avif)$|^\S*[_\d]\S*$", re.IGNORECASE)
_CREDIT = re.compile(
    r"(?:photo|portrait|image|picture|illustration|credit|source|courtesy|screenshot)s?\b.{0,12}"
    r"(?:by|from|via|credit|courtesy|:)|©|copyright|\bthe author\b|avatar|headshot|getty|unsplash"
    r"|shutterstock",
    re.IGNORECASE,
)
_FEWEST_IMAGE_WORDS = 4


def language_name(code: Code) -> str:
    """How people write the language's name; "code" where it is not known."""
    return _LANGUAGE_NAMES.get(code.language, "code")


def code_lines(code: Code) -> int:
    """Lines that are not empty."""
    return sum(1 for line in code.text.splitlines() if line.strip())


def describe_code(code: Code) -> str:
    """A sentence in place of code, which nobody can follow by ear."""
    name, lines = language_name(code), code_lines(code)
    if lines == 1:
        return f"Here is a line of {name}."
    article = "an" if _SAID_WITH_AN.match(name) else "a"
    return f"Here is {article} {name} example of {lines} lines."


def table_size(table: Table) -> tuple[int, int]:
    """Rows, without the header, and columns."""
    return len(table.rows), max((len(row) for row in (table.header, *table.rows)), default=0)


def describe_table(table: Table) -> str:
    """A sentence in place of a table: its caption, else its columns, else its size."""
    if any(character.isalpha() for character in table.caption):
        return table.caption
    names = [name for name in table.header if any(c.isalpha() for c in name)]
    if names and len(" ".join(names).split()) <= _MOST_HEADER_WORDS:
        listed = ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1]
        return f"A table shows: {listed}."
    rows, columns = table_size(table)
    return (
        f"Here is a table of {rows} {'row' if rows == 1 else 'rows'} "
        f"and {columns} {'column' if columns == 1 else 'columns'}."
    )


def told_rows(table: Table) -> list[str]:
    """The rows of a small table as they are read out: "Flour: 500 g, 100 %." None of a larger one.

    Nobody can follow a large table by ear, and a cell of many words is a text of its own.
    """
    rows, columns = table_size(table)
    cells = [cell for row in table.rows for cell in row]
    short = all(len(cell.split()) <= _MOST_CELL_WORDS for cell in cells)
    if rows > _MOST_TOLD_ROWS or not 2 <= columns <= _MOST_TOLD_COLUMNS or not short:
        return []
    told = []
    for row in table.rows:
        label, *rest = (" ".join(cell.split()).rstrip(".:,;") for cell in row)
        said = ", ".join(cell for cell in rest if cell)
        if label and said:
            told.append(f"{label}: {said}.")
    return told


def image_words(image: Image) -> str:
    """The caption, or else the description, if it says something about the picture; else empty."""
    for words in (image.caption, image.alt):
        if (
            len(words.split()) >= _FEWEST_IMAGE_WORDS
            and not _FILE_NAME.search(words)
            and not _CREDIT.search(words)
        ):
            return words
    return ""


def counts(block: Block) -> dict[str, int]:
    """What can be counted in a block, by the noun that it is counted in."""
    if isinstance(block, Code):
        return {"line": code_lines(block)}
    if isinstance(block, ListBlock):
        return {"item": len(block.items), "point": len(block.items)}
    if isinstance(block, Table):
        rows, columns = table_size(block)
        return {"row": rows, "column": columns}
    return {}


def block_text(block: Block) -> str:
    """Everything that a block says, with the name of a code block's language."""
    if isinstance(block, Heading | Paragraph):
        parts: tuple[str, ...] = (block.text,)
    elif isinstance(block, ListBlock):
        parts = block.items
    elif isinstance(block, Quote):
        parts = (block.text, block.author)
    elif isinstance(block, Code):
        parts = (block.text, block.language, language_name(block))
    elif isinstance(block, Table):
        parts = (block.caption, *block.header, *(cell for row in block.rows for cell in row))
    else:
        parts = (block.caption, block.alt)
    return " ".join(" ".join(parts).split())
