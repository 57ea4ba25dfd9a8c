"""What happened, for those who listen.

An event is written in the transaction that it tells of (`Jobs.publish`), as one job for each
listener: it is heard at least once, after the commit, and never when the transaction failed.
"""

import uuid

import msgspec

__all__ = (
    "Event",
    "MemberJoined",
    "MemberLeft",
    "OrganisationCreated",
    "OrganisationDeleted",
    "UserDeleted",
)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all events. A plugin may define events of its own."""


class OrganisationCreated(Event, frozen=True, kw_only=True):
    """An organisation came to be."""

    organisation_id: uuid.UUID
    name: str


class OrganisationDeleted(Event, frozen=True, kw_only=True):
    """An organisation is gone: whoever keeps something of it deletes that."""

    organisation_id: uuid.UUID


class MemberJoined(Event, frozen=True, kw_only=True):
    """A person became a member of an organisation."""

    organisation_id: uuid.UUID
    user_id: uuid.UUID


class MemberLeft(Event, frozen=True, kw_only=True):
    """A person is no longer a member of an organisation."""

    organisation_id: uuid.UUID
    user_id: uuid.UUID


class UserDeleted(Event, frozen=True, kw_only=True):
    """An account is gone: whoever keeps something personal of it deletes that."""

    user_id: uuid.UUID
