"""The database: what a plugin's models are made of.

class Base(Record, DeclarativeBase):
    metadata = schema_metadata("greeter")

class Greeting(Base):
    __tablename__ = "greeting"
    text: Mapped[str]
"""

from gestral.db.model import Record, schema_metadata

__all__ = ("Record", "schema_metadata")
