"""Where everything shown and said came from."""

from gestral_video.render.video import Source
from gestral_video.storyboard.storyboard import ImageScene, Storyboard, TitleScene

__all__ = ("sources_of",)


def sources_of(storyboard: Storyboard) -> tuple[Source, ...]:
    """The post, then every picture in the order of its first showing."""
    post = Source(
        kind="post",
        address=storyboard.address,
        credit=storyboard.site_name,
        licence=storyboard.licence,
    )
    pictures: dict[str, Source] = {}
    for scene in storyboard.scenes:
        if not isinstance(scene, ImageScene | TitleScene) or not scene.picture_address:
            continue
        credit = scene.credit if isinstance(scene, ImageScene) else ""
        # A page's licence says nothing certain of the pictures on it: they are listed without one.
        known = pictures.get(scene.picture_address)
        if known is None or (credit and not known.credit):
            pictures[scene.picture_address] = Source(
                kind="picture", address=scene.picture_address, credit=credit
            )
    return (post, *pictures.values())
