"""Who makes what an order asks for: its voice and its script writer, of all that there are."""

from gestral.plugin import Services
from gestral_video.articles.article import Article
from gestral_video.extend import ScriptWriter, Voice
from gestral_video.narration.voices import all_voices, choose_voice
from gestral_video.order import Order
from gestral_video.script.writers import all_writers, choose_writer

__all__ = ("cast",)


def cast(services: Services, order: Order, article: Article) -> tuple[Voice, ScriptWriter]:
    """Choose who reads and who writes, before any work is done.

    Raises:
        InputError: There is none that was asked for, or none for the language: what
            `choose_voice` and `choose_writer` raise.
    """
    language = order.language or article.language
    return (
        choose_voice(all_voices(services), order.voice, language),
        choose_writer(all_writers(services), order.writer, article, order.language),
    )
