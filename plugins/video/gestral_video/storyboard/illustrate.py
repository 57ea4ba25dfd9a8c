"""Which sentences are told over a picture."""

from collections.abc import Mapping, Sequence

from gestral_video.articles.article import Article, Image, Picture
from gestral_video.storyboard.groups import Group, headings_of

__all__ = ("illustrate", "title_picture_of")


def _usable(picture: Picture | None) -> bool:
    """Large enough to be looked at, and no strip: icons, spacers and banners fall through."""
    if picture is None or min(picture.width, picture.height) < 200 or picture.width < 320:
        return False
    return 0.3 <= picture.width / picture.height <= 4


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
    usable = {
        block.id: (block, picture)
        for block in article.blocks
        if isinstance(block, Image)
        and (picture := pictures.get(block.address))
        and _usable(picture)
    }
    used: set[str] = set()

    def show(group: Group, image_id: str) -> None:
        group.image, group.picture = usable[image_id]
        group.kind = "image"
        used.add(group.picture.digest)

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
