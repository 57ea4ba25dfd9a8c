"""What the tests of the documentation read it with."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "core" / "docs"

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
TITLE = re.compile(r'\btitle="([^"]+)"')
SKIPPED = {"node_modules", "dist", "build", "_template"}


def titled_blocks(page: Path) -> dict[str, str]:
    """Return the code blocks that name a file, by that name."""
    found: dict[str, str] = {}
    for fence in FENCE.finditer(page.read_text(encoding="utf-8")):
        if title := TITLE.search(fence["info"]):
            assert title[1] not in found, f"{page.name} has two blocks for {title[1]}"
            found[title[1]] = fence["body"]
    return found


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def pages() -> Iterator[Path]:
    """Yield every Markdown page of the repository, none of what was installed or built."""
    for page in sorted(ROOT.rglob("*.md")):
        parts = page.relative_to(ROOT).parts
        if not any(part.startswith(".") or part in SKIPPED for part in parts[:-1]):
            yield page
