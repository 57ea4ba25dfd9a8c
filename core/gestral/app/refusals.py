"""What a start refuses, because work could be lost or seen by others: each says what to set."""

from typing import TYPE_CHECKING

from gestral.db.migrate import status
from gestral.db.tenancy import PLATFORM_ROLE
from gestral.errors import ConfigurationError, GestralError, ServiceError

if TYPE_CHECKING:
    from gestral.app.services import Platform

__all__ = ("refuse_unsafe", "unsafe")

POSTGRESQL = 16
"""The least version: `GRANT ... WITH INHERIT FALSE` and `NULLS NOT DISTINCT` are needed."""

VALKEY = (6, 2)
"""The least version of Valkey or Redis: SAQ waits with BLMOVE."""

KEEPING = "noeviction"


async def refuse_unsafe(platform: "Platform") -> None:
    """Look at everything, and refuse to start on the first thing that will not do.

    Raises:
        ConfigurationError: Something is set in a way that loses or shows what it must not.
        ServiceError: A service does not answer.
    """
    for problem in await unsafe(platform):
        raise problem


async def unsafe(platform: "Platform") -> list[GestralError]:
    """Return what is wrong, one error for each service at most."""
    found: list[GestralError] = []
    for look in (_database, _tables, _queue):
        try:
            await look(platform)
        except GestralError as error:
            found.append(error)
    return found


async def _database(platform: "Platform") -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    query = text("""
        SELECT current_setting('server_version_num')::int / 10000 AS version, current_user AS role,
            rolsuper OR rolbypassrls AS mighty,
            EXISTS (SELECT FROM pg_namespace WHERE nspowner = pg_roles.oid) AS owner,
            EXISTS (SELECT FROM pg_roles WHERE rolname = :platform) AS bootstrapped
        FROM pg_roles WHERE rolname = current_user
    """)
    try:
        async with platform.transaction() as session:
            row = (await session.execute(query, {"platform": PLATFORM_ROLE})).one()
            if row.bootstrapped:
                member = await session.scalar(
                    text("SELECT pg_has_role(current_user, :platform, 'SET')"),
                    {"platform": PLATFORM_ROLE},
                )
    except DBAPIError as error:
        raise ServiceError(
            f"PostgreSQL could not be used: {str(error.orig).strip().splitlines()[0]}."
        ) from error
    if row.version < POSTGRESQL:
        raise ConfigurationError(
            f"PostgreSQL {row.version} is too old.", hint=f"Use {POSTGRESQL} or newer."
        )
    if row.mighty or row.owner:
        raise ConfigurationError(
            f"The role {row.role!r} of GESTRAL_DATABASE_URL owns tables or passes by row-level "
            "security, so that organisations would see each other.",
            hint="Connect as gestral_app, which db_scripts/bootstrap.sql makes.",
        )
    if not row.bootstrapped or not member:
        raise ConfigurationError(
            f"The role {row.role!r} of GESTRAL_DATABASE_URL may not become {PLATFORM_ROLE}.",
            hint="Run db_scripts/bootstrap.sql, which may be run again without harm.",
        )


async def _tables(platform: "Platform") -> None:
    import asyncio

    settings = platform.core_settings
    found = await asyncio.to_thread(status, settings.database_url, platform.registry.plugins)
    for one in found:
        if one.fault:
            raise ConfigurationError(
                f"The tables of {one.plugin} cannot be used: {one.fault}.",
                hint="Or name it in GESTRAL_PLUGINS_OFF.",
            )
    behind = [one.plugin for one in found if not one.up_to_date]
    if behind:
        raise ConfigurationError(
            f"The tables of {', '.join(behind)} are not of the form that this release needs.",
            hint="Run `gestral db upgrade` first.",
        )


async def _queue(platform: "Platform") -> None:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    redis = Redis.from_url(platform.core_settings.redis_url)
    try:
        # INFO, because services in the cloud keep CONFIG to themselves.
        server = await redis.info("server")
        memory = await redis.info("memory")
    except RedisError as error:
        raise ServiceError(f"Valkey does not answer: {error}.") from error
    finally:
        await redis.aclose()
    version = str(server.get("valkey_version") or server["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < VALKEY:
        raise ConfigurationError(
            f"Valkey or Redis {version} is too old.",
            hint=f"Use {'.'.join(map(str, VALKEY))} or newer.",
        )
    policy = memory.get("maxmemory_policy", KEEPING)
    # Waiting tickets have no expiry, but SAQ's records of running ones have: `volatile-*`, which
    # drops what has one, would have jobs done twice.
    if policy != KEEPING:
        raise ConfigurationError(
            f"Valkey may drop jobs when its memory is full: its maxmemory-policy is {policy}.",
            hint=f"Set maxmemory-policy to {KEEPING}.",
        )
