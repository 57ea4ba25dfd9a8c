"""Gather the fonts of the world's scripts into `gestral_video/render/fonts/`.

    python tools/gather_fonts.py

Needs `npm`, fontTools and brotli. Run it when a font or a script is added; its results are kept in
the repository, because npm packages are no Python dependencies. The fonts come from Fontsource's
packages of the Noto fonts, in the one weight between text and titles (600). Taken as they are but
for two things: the emoji lose their second, unused form (SVG), and of the Chinese, Japanese and
Korean fonts only the common letters are taken, with one file for what is rarer in all of them.
Signs that these packages leave out, lines for diagrams and accents on any letter come from DejaVu.
"""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).parent.parent / "gestral_video" / "render" / "fonts"
VERSION = "5.3.0"
EMOJI_VERSION = "5.3.2"

SCRIPTS = (
    "arabic armenian bengali canadian-aboriginal cherokee devanagari ethiopic georgian gujarati "
    "gurmukhi hebrew kannada khmer lao malayalam myanmar oriya sinhala symbols syriac tamil telugu "
    "thaana thai"
)
"""Scripts (and symbols) of `@fontsource/noto-sans-<name>`, whose file bears the same name."""

OTHERS = (
    ("noto-sans", "latin-ext", 600),
    ("noto-sans", "cyrillic-ext", 600),
    ("noto-sans", "greek-ext", 600),
    ("noto-serif-tibetan", "tibetan", 600),
    ("noto-sans-math", "latin", 400),
    ("noto-sans-nko", "nko", 400),
    ("noto-sans-tifinagh", "tifinagh", 400),
    ("noto-sans-symbols-2", "symbols", 400),
    ("noto-sans-jp", "japanese", 600),
    ("noto-sans-kr", "korean", 600),
    ("noto-sans-sc", "chinese-simplified", 600),
    ("noto-sans-tc", "chinese-traditional", 600),
)
"""Package, part and weight; some come in 400 alone."""

RARE = ("noto-sans-jp", "noto-sans-sc", "noto-sans-tc", "noto-sans-kr")
"""Where letters come from that none of the files above has, the better first."""

DEJAVU_VERSION = "2.37.3"
DEJAVU = (
    ("DejaVuSans-Bold.ttf", "dejavu-sans-700.woff", ((0x20, 0x530), (0x1E00, 0x2190))),
    ("DejaVuSansMono.ttf", "dejavu-sans-mono-400.woff", ((0x2190, 0x2600),)),
)
"""File, the file made of it, and the code points taken: letters with their accents, and signs;
lines and blocks as wide as the letters of code."""


def main() -> None:
    """Fetch, copy, convert."""
    with tempfile.TemporaryDirectory() as scratch:
        packages = Path(scratch)
        parts = [(f"noto-sans-{name}", name, 600) for name in SCRIPTS.split()] + list(OTHERS)
        licences = {}
        for package, script, weight in parts:
            files = fetch(packages, package, VERSION)
            name = f"{package}-{script}-{weight}-normal.woff"
            shutil.copyfile(files / "files" / name, FOLDER / name)
            licences[package] = (files / "LICENSE").read_text()
        emoji = fetch(packages, "noto-color-emoji", EMOJI_VERSION)
        licences["noto-color-emoji"] = (emoji / "LICENSE").read_text()
        lean_emoji(emoji / "files" / "noto-color-emoji-emoji-400-normal.woff")
        dejavu = fetch(packages, "dejavu-fonts-ttf", DEJAVU_VERSION, scope="")
        shutil.copyfile(dejavu / "LICENSE", FOLDER / "LICENSE-DejaVu.txt")
        for source, name, ranges in DEJAVU:
            codes = {code for start, end in ranges for code in range(start, end)}
            part(dejavu / "ttf" / source, codes, FOLDER / name, "woff", layout=True)
        rare_letters([fetch(packages, package, VERSION) for package in RARE], packages)
    write_licences(licences)


def fetch(packages: Path, package: str, version: str, scope: str = "@fontsource/") -> Path:
    """The folder of a package."""
    target = packages / package
    if not target.exists():
        command = ["npm", "pack", "--silent", f"{scope}{package}@{version}"]
        packed = subprocess.run(  # noqa: S603 - names of our own
            command, cwd=packages, check=True, capture_output=True, text=True
        )
        with tarfile.open(packages / packed.stdout.split()[-1]) as archive:
            archive.extractall(target, filter="data")
    return target / "package"


def lean_emoji(path: Path) -> None:
    """The colour emoji as layered outlines (COLR), which skia draws, without their SVG twins."""
    font = TTFont(path)
    del font["SVG "]
    font.save(FOLDER / path.name)


def part(path: Path, codes: set[int], target: Path, flavor: str | None, *, layout: bool) -> None:
    """A font of these code points alone, with or without rules for accents and ligatures."""
    font = TTFont(path)
    options = Options(hinting=False, notdef_outline=True)
    options.layout_features = ["ccmp", "mark", "mkmk"] if layout else []
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    if not layout:
        for table in ("GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "STAT"):
            if table in font:
                del font[table]
    font.flavor = flavor
    font.save(target)


def rare_letters(packages: list[Path], scratch: Path) -> None:
    """One font of what the Chinese, Japanese and Korean packages have and no other file."""
    known: set[int] = set()
    for path in FOLDER.glob("*.woff"):
        if not path.name.startswith(("noto-sans-cjk-rare", "jetbrains-mono", "source-serif")):
            known |= set(TTFont(path).getBestCmap())
    parts: list[Path] = []
    for package in packages:
        for path in sorted((package / "files").glob("*-[0-9]*-600-normal.woff")):
            wanted = set(TTFont(path).getBestCmap()) - known
            if wanted:
                known |= wanted
                parts.append(scratch / f"{len(parts)}.ttf")
                part(path, wanted, parts[-1], None, layout=False)
    merged = Merger().merge([str(path) for path in parts])
    merged.flavor = "woff"
    merged.save(FOLDER / "noto-sans-cjk-rare-600-normal.woff")


def write_licences(licences: dict[str, str]) -> None:
    """The licence once, below the notices of everybody whose fonts are here."""
    mark = "This Font Software is licensed under"
    notices = {}
    for package, text in sorted(licences.items()):
        notice, _, rest = text.partition(mark)
        notices[package] = " ".join(notice.split())
    body = "\n".join(f"{package}: {notice}" for package, notice in notices.items())
    (FOLDER / "OFL-Noto.txt").write_text(f"{body}\n\n{mark}{rest}")


if __name__ == "__main__":
    main()
