"""Which sentences are told over pictures.

Pictures that follow one another with no text between are shown together, up to four of them, when
they are three or more, or when one of them is too small to be shown alone.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from gestral_video.articles.article import Article, Image, Picture
from gestral_video.storyboard.groups import Common, Group, headings_of
from gestral_video.storyboard.storyboard import CollageScene, ShownPicture

__all__ = ("collage_scene", "illustrate", "title_picture_of")

MOST_TOGETHER = 4
SMALLEST = 120
"""Pixels of a picture's shorter side that can be shown beside others; icons have fewer."""


def _usable(picture: Picture | None) -> bool:
    """Large enough to be looked at, and no strip: icons, spacers and banners fall through."""
    if picture is None or min(picture.width, picture.height) < 200 or picture.width < 320:
        return False
    return 0.3 <= picture.width / picture.height <= 4


def _together(
    article: Article, pictures: Mapping[str, Picture]
) -> dict[str, tuple[tuple[Image, Picture], ...]]:
    """For images that stand in a row, the row with its pictures."""
    together: dict[str, tuple[tuple[Image, Picture], ...]] = {}
    for images, row in groupby(article.blocks, lambda block: isinstance(block, Image)):
        shown = {
            block.id: (block, picture)
            for block in row
            if images
            and isinstance(block, Image)
            and (picture := pictures.get(block.address))
            and min(picture.width, picture.height) >= SMALLEST
        }
        for start in range(0, len(shown), MOST_TOGETHER):
            some = list(shown)[start : start + MOST_TOGETHER]
            small = any(not _usable(shown[i][1]) for i in some)
            if len(some) > 2 or (small and len(some) > 1):
                together |= dict.fromkeys(some, tuple(shown[i] for i in some))
    return together


def title_picture_of(article: Article, pictures: Mapping[str, Picture]) -> Picture | None:
    """The lead picture, else the first that is large enough to fill the frame."""
    addresses = [article.lead_image]
    addresses += [block.address for block in article.blocks if isinstance(block, Image)]
    for address in addresses:
        picture = pictures.get(address)
        if picture and picture.width >= 800 and picture.height >= 450 and _usable(picture):
            return picture
    return None


def illustrate(article: Article, groups: Sequence[Group], pictures: Mapping[str, Picture]) -> None:
    """Turn groups into image scenes where the article has a picture for them."""
    position = {block.id: index for index, block in enumerate(article.blocks)}
    headings = headings_of(article)
    together = _together(article, pictures)
    usable = {
        block.id: (block, picture)
        for block in article.blocks
        if isinstance(block, Image)
        and (picture := pictures.get(block.address))
        and (_usable(picture) or block.id in together)
    }
    used: set[str] = set()

    def show(group: Group, image_id: str) -> None:
        group.image, group.picture = usable[image_id]
        fellows = [one for one in together.get(image_id, ()) if one[1].digest not in used]
        group.kind = "collage" if len(fellows) > 1 else "image"
        group.collage = tuple(fellows)
        used.update(one.digest for one in (group.picture, *(shown for _, shown in fellows)))

    def unused(block_id: str) -> bool:
        return block_id in usable and usable[block_id][1].digest not in used

    for group in groups:
        if isinstance(group.block, Image) and unused(group.block.id):
            show(group, group.block.id)
    for index, group in enumerate(groups):
        if group.kind != "text" or group.block is None or isinstance(group.block, Image):
            continue
        at = position[group.block.id]
        after = groups[index + 1].block if index + 1 < len(groups) else None
        first = index == 0 or groups[index - 1].block != group.block
        neighbours = [at - 1] if first else []
        neighbours += [at + 1] if after != group.block else []
        for neighbour in neighbours:
            inside = 0 <= neighbour < len(article.blocks)
            if inside and unused(article.blocks[neighbour].id):
                show(group, article.blocks[neighbour].id)
                break
    for before, between, group in zip(groups, groups[1:], groups[2:], strict=False):
        if {before.kind, between.kind, group.kind} != {"text"} or group.block is None:
            continue
        heading = headings[group.block.id]
        same = [i for i in usable if unused(i) and headings[i] == heading]
        if same:
            show(group, same[0])


def collage_scene(common: Common, group: Group) -> CollageScene:
    """The scene of a group that is told over several pictures."""
    return CollageScene(
        **common,
        pictures=tuple(
            ShownPicture(picture=shown.path, picture_address=shown.address, alt=image.alt)
            for image, shown in group.collage
        ),
    )
