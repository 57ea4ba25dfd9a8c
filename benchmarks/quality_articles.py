"""How well articles are read out of pages: `python benchmarks/quality_articles.py FOLDER`.

The folder holds pages as `NAME.html`, each with what is known of it beside it as `NAME.json`:
`title`, `lang`, `byline`, `siteName`. For every page this prints whether those were found, how many
blocks of each kind, the first and the last paragraph, and as warnings what trafilatura alone has
and we lack (and the other way round), what is said twice and what is suspiciously long. The exit
code is 1 if a page cannot be read at all.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

from gestral.errors import GestralError
from gestral_video.articles.article import Article, Heading, ListBlock, Paragraph, Quote, Table
from gestral_video.articles.read import read_file
from gestral_video.articles.text import squeeze

_SHOWN = 90


def _texts(article: Article) -> list[str]:
    texts = []
    for block in article.blocks:
        if isinstance(block, Paragraph | Quote | Heading):
            texts.append(block.text)
        elif isinstance(block, ListBlock):
            texts.extend(block.items)
        elif isinstance(block, Table):
            texts.extend(cell for row in (block.header, *block.rows) for cell in row)
    return texts


def _trafilatura_lines(page: bytes) -> list[str]:
    from trafilatura import bare_extraction

    document = bare_extraction(page, include_comments=False)
    text = getattr(document, "text", None) or ""
    return [line.strip("-| ") for line in text.split("\n") if len(squeeze(line)) > 30]


def _warnings(article: Article, ours: list[str], lines: list[str]) -> list[str]:
    all_ours, all_theirs = squeeze(" ".join(ours)), squeeze(" ".join(lines))
    captions = [getattr(block, "caption", "") for block in article.blocks]
    elsewhere = squeeze(
        " ".join([*(getattr(block, "text", "") for block in article.blocks), *captions])
    )
    lacking = [
        line for line in lines if squeeze(line) not in all_ours and squeeze(line) not in elsewhere
    ]
    beyond = [text for text in ours if len(text) > 30 and squeeze(text) not in all_theirs]
    repeated = [text for text, n in Counter(t for t in ours if len(t) > 60).items() if n > 1]
    found = [f"trafilatura has: {line[:_SHOWN]}" for line in lacking[:4]]
    found += [f"trafilatura lacks: {text[:_SHOWN]}" for text in beyond[:4]]
    found += [f"said twice: {text[:_SHOWN]}" for text in repeated[:4]]
    found += [
        f"long paragraph ({len(block.text)} characters): {block.text[:_SHOWN]}"
        for block in article.blocks
        if isinstance(block, Paragraph) and len(block.text) > 2000
    ]
    return found


def _alike(ours: str, known: str) -> bool:
    mine, theirs = squeeze(ours), squeeze(known)
    return bool(mine) and (mine in theirs or theirs in mine)


def _report(path: Path) -> Counter[str]:
    known_path = path.with_suffix(".json")
    known = json.loads(known_path.read_text("utf-8")) if known_path.exists() else {}
    counted: Counter[str] = Counter()
    print(f"\n== {path.stem}")
    try:
        article = asyncio.run(read_file(path))
    except GestralError as error:
        print(f"   not read: {error.code}: {error}")
        counted["not read"] += 1
        return counted
    for what, found, expected in (
        ("title", article.title, known.get("title")),
        ("byline", article.byline, known.get("byline")),
        ("site", article.site_name, known.get("siteName")),
    ):
        if expected:
            right = _alike(found, expected)
            counted[f"{what} {'right' if right else 'wrong'}"] += 1
            print(f"   {what}: {'ok' if right else 'DIFFERS'}: {found!r} / {expected!r}")
    if known.get("lang"):
        right = article.language.split("-")[0] == known["lang"].lower().split("-")[0]
        counted[f"language {'right' if right else 'wrong'}"] += 1
        print(f"   language: {'ok' if right else 'DIFFERS'}: {article.language} / {known['lang']}")
    else:
        print(f"   language: {article.language}, unknown")
    kinds = Counter(type(block).__name__ for block in article.blocks)
    counted.update({f"{kind} blocks": number for kind, number in kinds.items()})
    print("   blocks:", ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()))
    prose = [block.text for block in article.blocks if isinstance(block, Paragraph)]
    if prose:
        print(f"   first: {prose[0][:_SHOWN]}\n   last:  {prose[-1][-_SHOWN:]}")
    for warning in _warnings(article, _texts(article), _trafilatura_lines(path.read_bytes())):
        counted["warnings"] += 1
        print(f"   ! {warning}")
    return counted


def main() -> int:
    """Report on every page of the folder given, then sum up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    pages = sorted(parser.parse_args().folder.glob("*.html"))
    counted: Counter[str] = Counter()
    for page in pages:
        counted.update(_report(page))
    print(f"\n== {len(pages)} pages")
    for what, number in sorted(counted.items()):
        print(f"   {what}: {number}")
    return 1 if counted["not read"] or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
