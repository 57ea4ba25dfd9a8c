"""The database: what a plugin's models are made of.

class Base(Record, DeclarativeBase):
    metadata = schema_metadata("greeter")

class Greeting(Base):
    __tablename__ = "greeting"
    text: Mapped[str]
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gestral.db.model import Record, schema_metadata

__all__ = ("Record", "schema_metadata")


def __getattr__(name: str) -> Any:
    """Import the models' base when it is asked for: commands without a database do without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gestral.db import model

    return getattr(model, name)
