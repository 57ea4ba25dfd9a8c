"""Every kind of scene in every style and format, on one page to look at.

    nox -s gallery [-- KIND ...]

Writes stills and short clips to `build/gallery/`, with `index.html` over them. Without names all
kinds are drawn. A still shows the scene's end, when everything has arrived.
"""

import html
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import get_args

from PIL import Image

from gestral_video.blogs.demo import demo_posts
from gestral_video.render.patches import to_rgb
from gestral_video.render.segments import Segment, frame_at, render_segment
from gestral_video.render.styles import STYLES
from gestral_video.storyboard.storyboard import (
    ChapterScene,
    ChartScene,
    ClosingScene,
    CodeScene,
    CollageScene,
    ComparisonScene,
    Cue,
    CueWord,
    FigureScene,
    Format,
    ImageScene,
    ListScene,
    Mark,
    QuoteScene,
    Scene,
    ShownPicture,
    TableScene,
    TextScene,
    TitleScene,
)

FOLDER = Path(__file__).parent.parent / "build" / "gallery"
SECONDS, RATE, SCALE = 5.0, 30, 0.35
WORD_SECONDS = 0.28
DEMO = demo_posts()[0].parent
CODE = """from math import cosh

def height(x, half_span, sag_scale):
    return sag_scale * (cosh(half_span / sag_scale) - cosh(x / sag_scale))

for x in range(-10, 11):
    print("*" * round(height(x, 10, 6) * 2))"""


def cue(text: str) -> Cue:
    """A sentence whose words are all equally long."""
    words = tuple(
        CueWord(text=word, start=0.2 + WORD_SECONDS * i, end=0.2 + WORD_SECONDS * (i + 1))
        for i, word in enumerate(text.split())
    )
    return Cue(sentence_id="s1", text=text, start=0.2, end=words[-1].end, words=words)


def demo(name: str) -> str:
    """The path of one of the demonstration blog's pictures."""
    return str(DEMO / name)


def scenes() -> list[Scene]:
    """One of every kind, two of those that come in two shapes."""
    heading, said = "Numbers that bakers agree on", cue("More water makes larger holes.")
    return [
        TitleScene(
            id="title",
            duration=SECONDS,
            title="What makes sourdough rise",
            site_name="Slow Machines",
            detail="Slow Machines  ·  30 March 2026",
            picture=demo("sourdough-loaf.jpg"),
            cues=(cue("What makes sourdough rise"),),
        ),
        ChapterScene(id="chapter", duration=SECONDS, text=heading, heading=heading, look=2),
        TextScene(
            id="text",
            duration=SECONDS,
            lines=("The net is tight enough to catch the gas, and soft enough to stretch.",),
            heading="A net that holds the gas",
            cues=(cue("The net is tight enough to catch the gas, and soft enough to stretch."),),
        ),
        FigureScene(
            id="figure",
            duration=SECONDS,
            before="The dough takes",
            figure="12.5 %",
            after="of its weight from the air",
            begins=1.04,
            arrives=1.6,
            heading=heading,
            look=2,
            cues=(cue("The dough takes 12.5 % of its weight from the air."),),
        ),
        QuoteScene(
            id="quote",
            duration=SECONDS,
            text="Never ask the clock whether the dough is ready. Ask the dough.",
            author="Matteo Brandt",
            look=2,
            cues=(cue("Never ask the clock whether the dough is ready. Ask the dough."),),
        ),
        ListScene(
            id="list",
            duration=SECONDS,
            items=("Feed the starter in the morning.", "Fold the dough four times.", "Bake it."),
            item_starts=(0.2, 1.6, 3.2),
            numbers=(1, 2, 3),
            heading="A day with a loaf",
            cues=(cue("Feed the starter in the morning. Fold the dough four times. Bake it."),),
        ),
        ComparisonScene(
            id="comparison",
            duration=SECONDS,
            names=("Yeasts", "Bacteria"),
            texts=(
                "They eat sugar and breathe out the gas that fills the bubbles.",
                "They make acid, which gives the taste and guards the jar.",
            ),
            starts=(0.2, 2.5),
            heading="Two kinds of tenants",
            look=1,
            cues=(cue("Two kinds of tenants share the house."),),
        ),
        CodeScene(
            id="code",
            duration=SECONDS,
            code=CODE,
            language="python",
            marks=(Mark(index=2, start=1.0), Mark(index=3, start=2.5)),
            heading="The hanging chain",
            cues=(cue("What height gives is made of cosh and nothing else."),),
        ),
        TableScene(
            id="table",
            duration=SECONDS,
            caption="One loaf of sourdough",
            header=("Ingredient", "Weight", "Share"),
            rows=(
                ("Flour", "500 g", "100 %"),
                ("Water", "350 g", "70 %"),
                ("Starter", "100 g", "20 %"),
                ("Salt", "10 g", "2 %"),
            ),
            marks=(Mark(index=1, start=0.5),),
            more_rows=3,
            heading=heading,
            cues=(said,),
        ),
        ChartScene(
            id="chart-bars",
            duration=SECONDS,
            shape="bars",
            title="Span of its widest arch",
            labels=("Pont du Gard", "Anji Bridge", "Syra Viaduct", "Danhe Bridge"),
            values=(24, 37, 90, 146),
            texts=("24 m", "37 m", "90 m", "146 m"),
            marks=(Mark(index=1, start=2.5),),
            heading="Old, but not out of date",
            look=1,
            cues=(cue("The widest of them all is a young one in China."),),
        ),
        ChartScene(
            id="chart-line",
            duration=SECONDS,
            shape="line",
            title="Loaves a day",
            labels=tuple(str(year) for year in range(2012, 2026)),
            values=(40, 46, 61, 58, 72, 90, 88, 97, 60, 75, 110, 124, 131, 140),
            texts=tuple(
                str(count) for count in (40, 46, 61, 58, 72, 90, 88, 97, 60, 75, 110, 124, 131, 140)
            ),
            heading="A bakery",
            look=2,
            cues=(cue("Every year but one, more loaves left the oven."),),
        ),
        ImageScene(
            id="image",
            duration=SECONDS,
            picture=demo("stone-bridge-at-dawn.jpg"),
            caption="A bridge of three arches",
            credit="Slow Machines",
            cues=(cue("Every stone is in the way of its neighbours."),),
        ),
        CollageScene(
            id="collage",
            duration=SECONDS,
            pictures=tuple(
                ShownPicture(picture=demo(name))
                for name in ("stone-bridge-at-dawn.jpg", "lens-profile.jpg", "sourdough-loaf.jpg")
            ),
            heading="Three machines",
            look=1,
            cues=(cue("A bridge, a lens and a loaf."),),
        ),
        ClosingScene(
            id="closing",
            duration=SECONDS,
            site_name="Slow Machines",
            address="example.org/what-makes-sourdough-rise",
            link="https://example.org/what-makes-sourdough-rise",
            look=2,
        ),
    ]


def segment(scene: Scene, shape: Format, style: str) -> Segment:
    """All of the scene's frames."""
    return Segment(
        scene=scene,
        before=None,
        first=0,
        count=round(scene.duration * RATE),
        format=shape,
        style=style,
        captions="karaoke",
        rate=RATE,
        scale=SCALE,
    )


def drawn(scene: Scene, shape: Format, style: str) -> str:
    """Write the scene's still and clip, and return their place on the page."""
    whole = segment(scene, shape, style)
    name = f"{scene.id}-{style}-{shape.replace(':', 'x')}"
    still, clip = FOLDER / f"{name}.png", FOLDER / f"{name}.mp4"
    Image.fromarray(to_rgb(frame_at(whole, whole.count - 1))).save(still)
    render_segment(whole, clip, lambda: None)
    return (
        f'<video src="{clip.name}" poster="{still.name}" controls muted loop preload="none"'
        f' title="{html.escape(name)}"></video>'
    )


def page(kinds: list[str]) -> Iterator[str]:
    """The page, kind by kind."""
    yield '<!doctype html><meta charset="utf-8"><title>Scenes</title>'
    yield "<style>body{font:16px sans-serif;background:#888}video{height:260px;margin:4px}</style>"
    for scene in scenes():
        if kinds and scene.id not in kinds:
            continue
        print(scene.id)
        yield f"<h2>{scene.id}</h2>"
        for style, shape in product(STYLES, get_args(Format)):
            yield drawn(scene, shape, style)


def main() -> None:
    """Draw the kinds that are named, or all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    index = FOLDER / "index.html"
    index.write_text("\n".join(page(sys.argv[1:])), encoding="utf-8")
    print(index)


if __name__ == "__main__":
    main()
