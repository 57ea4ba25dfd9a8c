"""Files of any size, in a folder or in a bucket: see `ObjectStore`."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from urllib.request import url2pathname

from gestral.errors import ConfigurationError
from gestral.storage.store import ObjectInfo, ObjectStore

__all__ = ("ObjectInfo", "ObjectStore", "open_store")


def open_store(url: str, *, secret: bytes) -> ObjectStore:
    """Open the store that a setting names.

    Args:
        url: `file:///folder`, or `s3://bucket/prefix?endpoint=https://...&region=...`, where
            prefix, endpoint and region may be left out.
        secret: Signs the addresses of a local store; at least 32 bytes.

    Raises:
        ConfigurationError: The address is none of these, or the secret is too short.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path and not options:
        from gestral.storage.local import LocalStore

        return LocalStore(Path(url2pathname(parts.path)), secret)
    if parts.scheme == "s3" and parts.netloc and options.keys() <= {"endpoint", "region"}:
        from gestral.storage.s3 import S3Store

        return S3Store(parts.netloc, parts.path.strip("/"), **options)
    raise ConfigurationError(
        f"{url!r} names no store of files.",
        hint="Use file:///folder or s3://bucket/prefix?endpoint=https://...&region=...",
    )
