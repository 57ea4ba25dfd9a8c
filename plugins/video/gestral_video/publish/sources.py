"""Where everything shown and said came from."""

from gestral_video.render.video import Source
from gestral_video.storyboard.storyboard import Storyboard, pictures_of

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
    for shown in (shown for scene in storyboard.scenes for shown in pictures_of(scene)):
        if not shown.picture_address:
            continue
        # A page's licence says nothing certain of the pictures on it: they are listed without one.
        known = pictures.get(shown.picture_address)
        if known is None or (shown.credit and not known.credit):
            pictures[shown.picture_address] = Source(
                kind="picture", address=shown.picture_address, credit=shown.credit
            )
    return (post, *pictures.values())
