"""Tags of languages (BCP 47), compared by the language that they name, whatever the region."""

__all__ = ("primary", "same_language")


def primary(tag: str) -> str:
    """The language itself: `pt` of `pt-BR`."""
    return tag.replace("_", "-").split("-", maxsplit=1)[0].lower()


def same_language(one: str, other: str) -> bool:
    """Whether two tags name the same language."""
    return primary(one) == primary(other)
